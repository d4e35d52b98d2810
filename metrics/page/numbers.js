// Numbers as people write them: never with an exponent.

// "1,234": a whole number.
export const count = (value) => Math.round(value).toLocaleString("en");

// "3.5/s", "1,234/s": one decimal place below ten.
export const rate = (value) => `${value < 9.95 ? Number(value.toFixed(1)) : count(value)}/s`;

const units = [[1e-6, "µs"], [1e-3, "ms"], [1, "s"]];

// "49 µs", "7.1 ms", "710 ms", "2.5 s", "3,600 s": two significant digits in a unit that fits.
export function time(seconds) {
  const rounded = Number(seconds.toPrecision(2));
  if (rounded === 0) return "0 ms";
  const [size, unit] = units.findLast(([size]) => rounded >= size) ?? units[0];
  const value = Number((rounded / size).toPrecision(2));
  return `${value.toLocaleString("en", { maximumSignificantDigits: 2 })} ${unit}`;
}
