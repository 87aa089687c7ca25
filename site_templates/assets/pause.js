/** A button that holds the animations of a list: their last frames stand in their place. */
export function pause(list) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const sources = [...list.querySelectorAll("source")].map((source) => ({ source, media: source.media }));
  const button = document.createElement("button");
  let moving = true;
  Object.assign(button, { type: "button", className: "fwd-button", textContent: "Pause" });
  button.addEventListener("click", () => {
    moving = !moving;
    for (const { source, media } of sources) source.media = moving ? media : "not all";
    button.textContent = moving ? "Pause" : "Play";
  });
  const item = document.createElement("li");
  item.className = "fwd-control";
  item.append(button);
  list.append(item);
}
