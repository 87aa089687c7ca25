import { range } from "./range.js";

/** A range over every frame of a trajectory; "Play" goes back to the animation. */
export function scrubber(element) {
  const labels = JSON.parse(element.dataset.labels);
  const frame = document.createElement("div");
  frame.className = "fwd-frame";
  frame.hidden = true;
  const label = document.createElement("output");
  label.className = "fwd-label";
  label.textContent = "drag to step through";
  const play = document.createElement("button");
  Object.assign(play, { type: "button", className: "fwd-button", textContent: "Play", hidden: true });

  const input = range({
    label: "Step through the frames",
    max: labels.length - 1,
    value: labels.length - 1,
    oninput: (index) => {
      const picture = element.querySelector("picture img");
      frame.style.height = `${picture.clientHeight}px`;
      frame.style.backgroundImage = `url("${element.dataset.sprite}")`;
      frame.style.backgroundSize = `${labels.length * 100}% 100%`;
      frame.style.backgroundPosition = `${(100 * index) / Math.max(1, labels.length - 1)}% 0`;
      frame.hidden = play.hidden = false;
      label.textContent = labels[index];
      input.setAttribute("aria-valuetext", labels[index]);
    },
  });
  play.addEventListener("click", () => {
    frame.hidden = play.hidden = true;
    label.textContent = "drag to step through";
    input.focus();
  });
  element.append(frame, input, label, play);
}
