// Line charts in SVG, by hand: a few series over the last samples.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 100;

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// The next of 1, 2, 5 times a power of ten that is not below the value.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 5, 10]) if (step * power >= value) return step * power;
  return 10 * power;
}

function span(text, className) {
  const made = document.createElement("span");
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

// How far back the chart reaches: what has been seen, from one minute to all that is kept.
function reach(count, most, period) {
  for (const minutes of [1, 2, 3, 5]) {
    const samples = Math.round((minutes * 60) / period);
    if (count <= samples || samples >= most) return { samples: Math.min(samples, most), minutes };
  }
  return { samples: most, minutes: Math.round((most * period) / 60) };
}

export class Chart {
  // series: names; format: a number as text; period: seconds between two values; least: what the
  // scale reaches to at least; whole: there are no fractions; note: a sentence below the drawing
  constructor(title, series, { format, period, least, whole = false, note = "", length = 150 }) {
    this.title = title;
    this.series = series.map((name) => ({ name, values: [] }));
    Object.assign(this, { format, period, least, whole, length });
    this.root = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const heading = document.createElement("b");
    heading.textContent = title;
    caption.append(heading);
    this.svg = element("svg", {
      class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
    });
    for (const y of [0, HEIGHT / 2, HEIGHT]) {
      this.svg.append(element("line", { x1: 0, x2: WIDTH, y1: y, y2: y }));
    }
    this.series.forEach((one, index) => {
      one.path = element("path", { class: `s${index}` });
      this.svg.append(one.path);
      one.label = span("", `s${index}`);
      caption.append(one.label);
    });
    // Texts stand beside the drawing, which is stretched to its box.
    this.marks = [span("", "mark top"), span("", "mark half"), span("0", "mark zero")];
    this.none = span("nothing yet", "none");
    const plot = document.createElement("div");
    plot.className = "plot";
    plot.append(this.svg, ...this.marks, this.none);
    this.since = span("");
    const scale = document.createElement("div");
    scale.className = "scale";
    scale.append(this.since, span("now"));
    this.root.append(caption, plot, scale);
    if (note) {
      const sentence = document.createElement("p");
      sentence.className = "note";
      sentence.textContent = note;
      this.root.append(sentence);
    }
    this.draw();
  }

  // One value a series; null where there is none.
  add(values) {
    this.series.forEach((one, index) => {
      one.values.push(values[index]);
      if (one.values.length > this.length) one.values.shift();
    });
    this.draw();
  }

  draw() {
    const known = this.series.flatMap((one) => one.values).filter((value) => value !== null);
    const top = roundUp(Math.max(this.least, ...known));
    const { samples, minutes } = reach(this.series[0].values.length, this.length, this.period);
    for (const one of this.series) {
      one.path.setAttribute("d", this.pathOf(one.values, top, samples));
      const last = one.values.at(-1) ?? null;
      one.label.textContent = `${one.name} ${last === null ? "–" : this.format(last)}`;
    }
    this.marks[0].textContent = known.length > 0 ? this.format(top) : "";
    const isExact = !this.whole || Number.isInteger(top / 2);
    this.marks[1].textContent = known.length > 0 && isExact ? this.format(top / 2) : "";
    this.none.hidden = known.length > 0;
    this.since.textContent = minutes === 1 ? "1 minute ago" : `${minutes} minutes ago`;
    const now = this.series.map((one) => one.label.textContent).join(", ");
    this.svg.setAttribute("aria-label", `${this.title}: ${now}`);
  }

  // A value on its own, between two that are missing, is drawn as a short line.
  pathOf(values, top, samples) {
    const first = samples - values.length;
    let path = "";
    let pen = "M";
    values.forEach((value, index) => {
      if (value === null) {
        pen = "M";
        return;
      }
      const x = ((first + index) / (samples - 1)) * WIDTH;
      const y = HEIGHT - (value / top) * HEIGHT;
      path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
      if (pen === "M" && (values[index + 1] ?? null) === null) path += "h1";
      pen = "L";
    });
    return path;
  }
}
