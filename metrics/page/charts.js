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
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 5, 10]) if (step * power >= value) return step * power;
  return 10 * power;
}

export class Chart {
  // series: names; format: a number as text
  constructor(title, series, format, length = 150) {
    this.series = series.map((name) => ({ name, values: [] }));
    this.format = format;
    this.length = length;
    this.root = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const heading = document.createElement("b");
    heading.textContent = title;
    caption.append(heading);
    this.root.append(caption);
    this.svg = element("svg", {
      class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none",
      role: "img", "aria-label": title,
    });
    for (const y of [0, HEIGHT / 2, HEIGHT]) {
      this.svg.append(element("line", { x1: 0, x2: WIDTH, y1: y, y2: y }));
    }
    this.series.forEach((one, index) => {
      one.path = element("path", { class: `s${index}` });
      this.svg.append(one.path);
      one.label = document.createElement("span");
      one.label.className = `s${index}`;
      caption.append(one.label);
    });
    this.scale = document.createElement("div");
    this.scale.className = "scale";
    this.root.append(this.svg, this.scale);
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
    const top = roundUp(Math.max(0, ...known));
    for (const one of this.series) {
      const first = this.length - one.values.length;
      let path = "";
      let pen = "M";
      one.values.forEach((value, index) => {
        if (value === null) {
          pen = "M";
          return;
        }
        const x = ((first + index) / (this.length - 1)) * WIDTH;
        const y = HEIGHT - (value / top) * HEIGHT;
        path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
        pen = "L";
      });
      one.path.setAttribute("d", path);
      const last = one.values.at(-1) ?? null;
      one.label.textContent = `${one.name} ${last === null ? "–" : this.format(last)}`;
    }
    this.scale.replaceChildren();
    for (const text of ["5 min ago", `top ${this.format(top)}`, "now"]) {
      const span = document.createElement("span");
      span.textContent = text;
      this.scale.append(span);
    }
  }
}
