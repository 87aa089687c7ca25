import { range } from "./range.js";

/** Lays two pictures over each other, with a range that moves the edge between them. */
export function slider(element) {
  const labels = [...element.querySelectorAll(".fwd-reading")].map((reading) =>
    [...reading.querySelectorAll("span")].map((span) => span.textContent).join(" · "),
  );
  const set = (value) => element.style.setProperty("--fwd-at", `${value}%`);
  const input = range({ label: `Compare: ${labels.join(" with ")}`, max: 100, value: 50, oninput: set });
  const ends = document.createElement("div");
  ends.className = "fwd-ends";
  for (const text of labels) {
    const end = document.createElement("span");
    end.className = "fwd-label";
    end.textContent = text;
    ends.append(end);
  }
  element.classList.add("fwd-live");
  element.append(input, ends);
  set(50);
}
