/** Gives the keyboard's focus back to the picture that was opened, when the lightbox closes. */
export function returnFocus() {
  let opener = null;
  document.addEventListener(
    "click",
    (event) => {
      opener = event.target.closest?.("a.glightbox") ?? opener;
    },
    true,
  );
  new MutationObserver((changes) => {
    const gone = changes.flatMap((change) => [...change.removedNodes]);
    if (opener && gone.some((node) => node.id === "glightbox-body")) {
      opener.focus({ preventScroll: true });
      opener = null;
    }
  }).observe(document.body, { childList: true });
}
