/** Fig. 1: a sampling as a film on the ruler of σ. The model's steps are shot as they come; playing and scrubbing show them. */
import { isImage, toPixels, type Card } from "@ncsn/core";
import type { Frame, Model, Plan } from "@ncsn/infer";
import { newFilm, toBytes, type Film, type Still } from "./film.ts";
import { firstState } from "./first-state.ts";
import { byId, onScheme, reducedMotion } from "./page.ts";
import { bestColumns, layOut, painter, type Sheet } from "./picture.ts";
import { nearest, placesOf } from "./places.ts";
import { repaint } from "./repaint.ts";
import { paintPoints, squareAround, type Square } from "./scatter.ts";
import { sigmaAxis, sigmaScale, showSigma } from "./sigma-scale.ts";
import type { Wish } from "./wish.ts";

/** What happens in the figure. */
export interface AnnealingEvents {
  /** A picture of the finished sheet, as bytes: the first one when all are done, later the one that was clicked. */
  picked: (picture: Uint8Array) => void;
  /** Score evaluations per second of all images. */
  measured: (speed: number) => void;
  failed: (error: unknown) => void;
}

/** The figure. */
export interface Annealing {
  /** Shows the noise that a plan starts from, while its model is on the way. */
  announce(card: Card, plan: Plan): void;
  /** Samples anew. */
  sample(model: Model, plan: Plan, see: Wish["see"]): void;
  /** Picks the picture after the last one picked. */
  pickNext(): void;
  /** Plays, pauses, or plays again from the start. */
  toggle(): void;
}

/** How long a film plays, milliseconds, however many steps it has. */
const playingTime = 3600;

/** Sets the figure up. */
export function startAnnealing(events: AnnealingEvents): Annealing {
  const canvas = byId("canvas", "grid");
  const plate = canvas.parentElement as HTMLElement;
  const moment = byId("p", "moment");
  const play = byId("button", "play");
  const paint = painter(canvas);
  let film: Film = newFilm();
  let sheet: Sheet | undefined;
  let square: Square | undefined; // of points instead of pictures
  let plan: Plan | undefined;
  let shown: Card | undefined;
  let axis = sigmaAxis([1, 2], true);
  let places: number[] = [];
  let head = 0; // in stills, with a fraction
  let total = 0; // stills to come to, as far as that is known
  let playing = false;
  let done = false;
  let waiting = false; // for the model
  let picked = 0;
  let stop = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const draw = repaint(() => {
    const { stills } = film;
    if (sheet === undefined || plan === undefined || stills.length === 0) return;
    if (places.length !== stills.length) {
      places = placesOf(stills, plan, (sigma) => axis.position(sigma));
      scale.marks(places);
    }
    const low = Math.min(Math.floor(head), stills.length - 1);
    const high = Math.min(low + 1, stills.length - 1);
    const part = high === low ? 0 : head - low;
    const [from, to] = [stills[low], stills[high]];
    if (square !== undefined)
      paintPoints(canvas, square, from.values as Float32Array, to.values as Float32Array, part);
    else paint.paint(sheet, from.values as Uint8Array, to.values as Uint8Array, part);
    const near = part < 0.5 ? from : to;
    const sigma = part === 0 ? from.sigma : from.sigma + (to.sigma - from.sigma) * part;
    const text = momentText(near, plan, stills[stills.length - 1]);
    scale.move(
      places[low] + (places[high] - places[low]) * part,
      sigma,
      `σ ${showSigma(near.sigma)}, ${text}`,
    );
    moment.textContent = waiting ? "opening the model…" : text;
    play.classList.toggle("playing", playing);
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    canvas.dataset.step = String(near.step);
    canvas.dataset.done = String(done);
  });

  const scrub = (to: number) => {
    playing = false;
    head = Math.min(Math.max(to, 0), film.stills.length - 1);
    draw();
  };
  const scale = sigmaScale(byId("div", "annealing-scale"), "Moment of sampling, by its noise level", {
    moved: (position) => scrub(nearest(places, position)),
    stepped: (by) => scrub(Math.round(head) + by),
  });

  /** Moves the head with the clock while the film plays; it waits at the end of what has been shot. */
  const run = () => {
    if (playing) return;
    playing = true;
    let before = Infinity; // a frame's time may lie before the call that asked for it
    const turn = (now: number) => {
      if (!playing) return;
      const { stills } = film;
      const length = Math.max(done ? 0 : total, stills.length - 1);
      head = Math.min(head + (Math.max(0, now - before) * length) / playingTime, stills.length - 1);
      before = now;
      if (done && head >= stills.length - 1) playing = false;
      else requestAnimationFrame(turn);
      draw();
    };
    requestAnimationFrame(turn);
    draw();
  };

  const shoot = async (model: Model, mine: Plan, see: Wish["see"], signal: AbortSignal) => {
    const { count, seed, sampler, options, steps } = mine;
    const labels = mine.labels && { label: [...mine.labels], guidance: mine.control.guidance };
    const began = performance.now();
    const request = { count, seed, sampler, steps, options, ...labels, signal };
    for await (const frame of model.steps(request)) {
      if (signal.aborted) return;
      const last = frame.sigma === 0 || frame.index + 1 === frame.total;
      if (film.wants(frame.index + 1) || last) {
        const { data } = await frame.pixels(see);
        const before = film.stride;
        film.add(stillOf(frame, keep(model.card, data)));
        head *= before / film.stride;
        total = (frame.total ?? total) / film.stride;
      }
      events.measured((1000 * count * frame.evaluations) / (performance.now() - began));
      draw();
    }
  };

  /** A new film, whose first still is the noise. */
  const load = (card: Card, mine: Plan) => {
    const first = toPixels(card, firstState(card, mine));
    square = isImage(card) ? undefined : squareAround(first);
    plan = mine;
    film = newFilm();
    film.add({ step: 0, sigma: mine.sigmas[0], evaluations: 0, values: keep(card, first) });
    [places, head, done, total] = [[], 0, false, mine.sigmas.length];
    axis = sigmaAxis([Math.min(...mine.sigmas.filter((sigma) => sigma > 0)), mine.sigmas[0]], true);
    scale.show(axis);
    shown = card;
    resize();
  };

  const begin = async (model: Model, mine: Plan, see: Wish["see"], signal: AbortSignal) => {
    load(model.card, mine);
    waiting = false;
    playing = false;
    if (reducedMotion()) draw();
    else run();
    try {
      await shoot(model, mine, see, signal);
    } catch (error) {
      if (!signal.aborted) events.failed(error);
      return;
    }
    if (signal.aborted) return;
    done = true;
    if (reducedMotion()) head = film.stills.length - 1;
    draw();
    pick(0);
  };

  const pick = (image: number) => {
    if (sheet === undefined || square !== undefined || !done || image >= sheet.count) return;
    picked = image;
    const [channels, height, width] = sheet.shape;
    const size = channels * height * width;
    const { values } = film.stills[film.stills.length - 1];
    events.picked((values as Uint8Array).slice(image * size, (image + 1) * size));
  };

  const resize = () => {
    if (shown === undefined || plan === undefined) return;
    const { count } = plan;
    const { shape, name } = shown;
    const [width, height] = [plate.clientWidth, Math.max(320, 0.56 * innerHeight)];
    const columns = bestColumns(count, shape, width, height);
    sheet = { count, columns, shape };
    if (square === undefined) layOut(canvas, sheet, width, columns === 1 ? height : Infinity);
    else canvas.style.width = canvas.style.height = `${Math.min(width, height)}px`;
    canvas.setAttribute("aria-label", `${count} samples of ${name}`);
    draw();
  };

  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    if (sheet === undefined) return;
    const column = Math.floor((offsetX / canvas.clientWidth) * sheet.columns);
    const rows = Math.ceil(sheet.count / sheet.columns);
    pick(Math.floor((offsetY / canvas.clientHeight) * rows) * sheet.columns + column);
  });
  onScheme(draw);
  new ResizeObserver(resize).observe(plate);

  const toggle = () => {
    if (playing) scrub(head);
    else {
      if (done && head >= film.stills.length - 1) head = 0;
      run();
    }
  };
  play.addEventListener("click", toggle);

  return {
    announce(card, first) {
      load(card, first);
      waiting = true;
      draw();
    },
    pickNext: () => pick((picked + 1) % (sheet?.count ?? 1)),
    sample(model, wanted, see) {
      stop.abort();
      const mine = (stop = new AbortController());
      canvas.dataset.done = "false";
      // One sampling at a time: the last one ends within a step.
      running = running.then(() =>
        mine.signal.aborted ? undefined : begin(model, wanted, see, mine.signal),
      );
    },
    toggle,
  };
}

/** Pictures are kept as bytes, points as they are. */
const keep = (card: Card, pixels: Float32Array): Still["values"] =>
  isImage(card) ? toBytes(pixels) : pixels.slice();

const stillOf = ({ index, sigma, evaluations }: Frame, values: Still["values"]): Still => ({
  step: index + 1,
  sigma,
  evaluations,
  values,
});

function momentText({ step, evaluations }: Still, { evaluations: all }: Plan, last: Still): string {
  const total = all === undefined ? "" : ` of ${all}`;
  return `step ${step}${last.sigma === 0 ? ` of ${last.step}` : ""} · ${evaluations}${total} evaluations`;
}
