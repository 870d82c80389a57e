/** Lets a pointer over `view` move `control`, a range of 0 to 100, and with it the edge between the view's two pictures. */
export function wipe(view, control) {
  const show = () => view.style.setProperty("--wipe", control.value);
  control.addEventListener("input", show);
  view.addEventListener("pointermove", event => {
    const box = view.getBoundingClientRect();
    control.value = 100 * (event.clientX - box.left) / box.width;
    show();
  });
  show();
}
