/** A button that turns the first picture into its second reading. */
export function flip(element) {
  const label = element.querySelector(".fwd-reading:first-child .fwd-label");
  const readings = [...element.querySelectorAll(".fwd-label")].map((span) => span.textContent);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "fwd-button";
  button.textContent = element.dataset.view === "negate" ? "Invert" : "Turn it over";
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const turned = element.classList.toggle("fwd-turned");
    button.setAttribute("aria-pressed", String(turned));
    label.textContent = readings[turned ? 1 : 0];
  });
  label.setAttribute("aria-live", "polite");
  label.after(button);
}
