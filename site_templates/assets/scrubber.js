import { range } from "./range.js";

const FRAME_MS = 90;
const LAST_FRAME_MS = 1800;

/** A range over every frame of a trajectory: its handle goes along while the film plays. */
export function scrubber(element) {
  const labels = JSON.parse(element.dataset.labels);
  const last = labels.length - 1;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const frame = document.createElement("div");
  frame.className = "fwd-frame";
  const label = document.createElement("output");
  label.className = "fwd-label";
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "fwd-button" });
  let timer = 0;

  const show = (index) => {
    frame.style.backgroundPosition = `${(100 * index) / Math.max(1, last)}% 0`;
    input.value = index;
    label.textContent = labels[index];
    input.setAttribute("aria-valuetext", labels[index]);
  };
  const tick = () => {
    const index = (Number(input.value) + 1) % labels.length;
    show(index);
    timer = setTimeout(tick, index === last ? LAST_FRAME_MS : FRAME_MS);
  };
  const play = (moving) => {
    clearTimeout(timer);
    timer = moving ? setTimeout(tick, FRAME_MS) : 0;
    button.textContent = moving ? "Pause" : "Play";
    label.setAttribute("aria-live", moving ? "off" : "polite");
  };
  const input = range({
    label: "Step through the frames",
    max: last,
    value: last,
    oninput: (index) => {
      play(false);
      show(index);
    },
  });
  button.addEventListener("click", () => play(!timer));
  for (const source of element.querySelectorAll("source")) source.media = "not all";
  frame.style.backgroundSize = `${labels.length * 100}% 100%`;
  element.querySelector("picture").append(frame);
  element.append(input, label, button);
  show(last);
  play(false);
  new IntersectionObserver((seen, observer) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    frame.style.backgroundImage = `url("${element.dataset.sprite}")`;
    if (!still) play(true);
  }).observe(element);
}
