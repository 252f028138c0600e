/** Points that a visitor draws: each place that the pointer passes gets a few, scattered like spray. */
import { key, normals } from "@ncsn/core";

const most = 4000;
const perPlace = 4;
/** In halves of the square's side: how far points scatter, and how far the pointer goes from place to place. */
const scatter = 0.025;
const spacing = 0.03;

/** A square to draw on, [−reach, reach]². */
export interface Sketch {
  /** What is drawn so far, x and y of one point after the other. */
  points(): Float32Array;
  clear(): void;
  /** While it is not enabled, a finger on the canvas scrolls the page. */
  enable(enabled: boolean): void;
}

/** @param changed told whenever there are other points */
export function sketchOn(canvas: HTMLCanvasElement, reach: number, changed: () => void): Sketch {
  const noise = normals(key(0), 2 * most);
  const points = new Float32Array(2 * most);
  let length = 0;
  let enabled = false;
  let last: readonly [x: number, y: number] | undefined;

  const place = (x: number, y: number) => {
    if (last !== undefined && Math.hypot(x - last[0], y - last[1]) < spacing) return;
    last = [x, y];
    for (let i = 0; i < perPlace && length < points.length; i++, length += 2) {
      points[length] = reach * (x + scatter * noise[length]);
      points[length + 1] = reach * (y + scatter * noise[length + 1]);
    }
  };
  const follow = (event: PointerEvent) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    // Not every browser keeps what lies between two frames.
    const between = "getCoalescedEvents" in event ? event.getCoalescedEvents() : [];
    for (const { clientX, clientY } of between.length > 0 ? between : [event])
      place((2 * (clientX - left)) / width - 1, 1 - (2 * (clientY - top)) / height);
    changed();
  };
  const lift = () => (last = undefined);
  let drawing: number | undefined;
  canvas.addEventListener("pointerdown", (event) => {
    if (!enabled || event.button !== 0) return;
    drawing = event.pointerId;
    canvas.setPointerCapture(drawing);
    lift();
    follow(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId === drawing) follow(event);
  });
  for (const end of ["pointerup", "pointercancel"] as const)
    canvas.addEventListener(end, () => (drawing = undefined));

  return {
    points: () => points.slice(0, length),
    clear() {
      length = 0;
      lift();
      changed();
    },
    enable(on) {
      enabled = on;
      drawing = undefined;
      canvas.classList.toggle("sketch", on);
    },
  };
}
