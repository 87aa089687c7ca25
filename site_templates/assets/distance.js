import { range } from "./range.js";
import { reduced } from "./shrink.js";

const FARTHEST = 10;

/** A range that moves the reader away: the near picture shrinks as an eye would see it from there. */
export function distance(element) {
  const near = element.querySelector(".fwd-reading");
  const picture = near.querySelector("img");
  const canvas = document.createElement("canvas");
  canvas.className = "fwd-shrunk";
  canvas.setAttribute("aria-hidden", "true");
  const factor = document.createElement("output");
  factor.className = "fwd-factor";
  let source = null;

  const show = () => {
    const value = Number(input.value);
    factor.textContent = `${value.toFixed(1)}\u00d7 as far`;
    input.setAttribute("aria-valuetext", factor.textContent);
    element.classList.toggle("fwd-away", value > 1);
    if (value === 1 || !picture.naturalWidth) return;
    source ??= pixels(picture);
    const density = devicePixelRatio || 1;
    const side = (length) => Math.max(1, Math.round((length * density) / value));
    const shrunk = reduced(source, side(picture.clientWidth), side(picture.clientHeight));
    Object.assign(canvas, { width: shrunk.width, height: shrunk.height });
    canvas.getContext("2d").putImageData(shrunk, 0, 0);
    canvas.style.width = `${shrunk.width / density}px`;
    canvas.style.height = `${shrunk.height / density}px`;
    const middle = (length, part) => Math.round(((length - part / density) / 2) * density) / density;
    canvas.style.left = `${picture.offsetLeft + middle(picture.clientWidth, shrunk.width)}px`;
    canvas.style.top = `${picture.offsetTop + middle(picture.clientHeight, shrunk.height)}px`;
  };
  const input = range({
    label: "Distance from the picture",
    min: 1,
    max: FARTHEST,
    step: 0.1,
    value: 1,
    oninput: show,
  });
  const row = document.createElement("div");
  row.className = "fwd-away-range";
  row.append(word("near"), input, word("far"));
  near.append(canvas, row, factor);
  show();
}

function word(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

/** What a picture's file holds, whatever its size on the page. */
function pixels(picture) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: picture.naturalWidth, height: picture.naturalHeight });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
