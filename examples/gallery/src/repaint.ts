/** A function that asks for one call of `draw` before the next frame, however often it is called. */
export function repaint(draw: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}
