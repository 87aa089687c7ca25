/** A labelled range input, the one control all widgets share. */
export function range({ label, min = 0, max, value, step = 1, oninput }) {
  const input = document.createElement("input");
  Object.assign(input, { type: "range", className: "fwd-range", min, max, step, value });
  input.setAttribute("aria-label", label);
  input.addEventListener("input", () => oninput(Number(input.value), input));
  return input;
}
