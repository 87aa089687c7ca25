import { range } from "./range.js";

const FARTHEST = 10;

/** A range that moves the reader away: the near picture shrinks as it would at that distance. */
export function distance(element) {
  const near = element.querySelector(".fwd-reading");
  const picture = near.querySelector("img");
  const input = range({
    label: "Distance from the picture",
    min: 1,
    max: FARTHEST,
    step: 0.1,
    value: 1,
    oninput: (value) => {
      picture.style.transform = `scale(${1 / value})`;
      picture.classList.toggle("fwd-shrunk", value > 1);
      input.setAttribute("aria-valuetext", `${value} times as far`);
    },
  });
  near.append(input);
}
