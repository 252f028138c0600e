/** Fig. 3: the score of data in the plane as a field of arrows, and samples that flow along it. */
import {
  hostSpace,
  key,
  prior,
  purposes,
  resolveOptions,
  samplers,
  samplingLevels,
  split,
  type PerImage,
  type Sampler,
  type SamplerName,
  type Step,
} from "@ncsn/core";
import { choiceField } from "./fields.ts";
import { byId, onScheme, reducedMotion } from "./page.ts";
import { planeData, planeNames, type PlaneData } from "./plane-data.ts";
import { paintPlane } from "./plane-painter.ts";
import { repaint } from "./repaint.ts";
import { rollingArrows } from "./rolling-arrows.ts";
import { sigmaAxis, sigmaScale } from "./sigma-scale.ts";

const side = 21;
const samples = 240;
/** Milliseconds of a frame for arrows, and for steps of the samples. */
const arrowTime = 4;
const stepTime = 6;
const longestTrail = 14;
/** How long samples flow, milliseconds; who asked for less motion sees where they arrive. */
const duration = () => (reducedMotion() ? 0 : 5000);

/** A run of a sampler on the way. */
interface Flow {
  readonly steps: AsyncGenerator<Step<Float32Array>, Float32Array>;
  /** Milliseconds from one state to the next. */
  interval: number;
  readonly trail: Float32Array[];
  /** σ of the last two states. */
  sigmas: [before: number, now: number];
  /** When the newest state was reached. */
  since: number;
  step: number;
  total: number | undefined;
}

/** Sets the figure up. */
export function startPlane(): void {
  const canvas = byId("canvas", "field");
  const moment = byId("p", "plane-moment");
  const play = byId("button", "plane-play");
  let data = planeData(planeNames.includes("two-moons") ? "two-moons" : planeNames[0]);
  let axis = sigmaAxis(data.sigmaRange, false);
  let sampler: SamplerName = "heun";
  let sigma = axis.sigma(0.45);
  let field = rollingArrows(data, side);
  let flow: Flow | undefined;
  let seed = 0;
  let problem = "";

  const draw = repaint(() => {
    const upToDate = field.follow(sigma, arrowTime);
    const { arrows } = field;
    const trail = flow?.trail ?? [];
    const part = flow === undefined ? 1 : progress(flow);
    paintPlane(canvas, { data, sigma, arrows, trail, part });
    const at = axis.position(sigma);
    scale.move(at, sigma, `noise level ${sigma.toPrecision(3)}`);
    const count = flow?.total === undefined ? "" : ` of ${flow.total}`;
    moment.textContent = problem || (flow === undefined ? "" : `step ${flow.step}${count}`);
    if (upToDate) canvas.dataset.sigma = sigma.toPrecision(4);
    else draw();
  });

  const setSigma = (value: number) => {
    sigma = Math.max(value, data.sigmaRange[0]);
    draw();
  };
  const scale = sigmaScale(byId("div", "plane-scale"), "Noise level of the field", {
    moved(position) {
      stop();
      setSigma(axis.sigma(position));
    },
  });

  const stop = () => {
    const ended = flow;
    flow = undefined;
    problem = "";
    play.classList.remove("playing");
    play.setAttribute("aria-label", "Let samples flow");
    void ended?.steps.return(new Float32Array());
  };

  const start = () => {
    stop();
    flow = newFlow(data, sampler, seed++);
    delete canvas.dataset.finished;
    play.classList.add("playing");
    play.setAttribute("aria-label", "Stop");
    setSigma(flow.sigmas[1]);
    void follow(flow);
  };

  /** One step whenever the picture has come to the last one; the samples move evenly in between. */
  const follow = async (mine: Flow) => {
    try {
      for (;;) {
        await nextFrame();
        if (flow !== mine) return;
        // Where steps are shorter than frames, several are taken.
        const began = performance.now();
        while (performance.now() - mine.since >= mine.interval && performance.now() - began < stepTime) {
          const { done, value } = await mine.steps.next();
          if (flow !== mine) return;
          if (done === true) {
            finish(mine);
            return;
          }
          mine.trail.push(value.x.slice());
          if (mine.trail.length > longestTrail) mine.trail.shift();
          mine.sigmas = [mine.sigmas[1], value.sigma];
          mine.step = value.index + 1;
          mine.total = value.total;
          const due = mine.since + mine.interval;
          mine.interval = duration() / (value.total ?? 100);
          mine.since = Math.max(due, performance.now() - mine.interval);
        }
        setSigma(between(mine.sigmas, progress(mine), data.sigmaRange[0]));
      }
    } catch (error) {
      if (flow !== mine) return;
      stop();
      problem = error instanceof Error ? error.message : String(error);
      draw();
    }
  };

  const finish = (mine: Flow) => {
    mine.trail.splice(0, mine.trail.length - 1);
    setSigma(mine.sigmas[1]);
    play.classList.remove("playing");
    play.setAttribute("aria-label", "Let samples flow");
    canvas.dataset.finished = String(mine.step);
  };

  const show = (name: string) => {
    stop();
    data = planeData(name);
    field = rollingArrows(data, side);
    axis = sigmaAxis(data.sigmaRange, false);
    scale.show(axis);
    canvas.setAttribute("aria-label", `The score field of ${name} with samples`);
    setSigma(axis.sigma(0.45));
  };
  const datasets = choiceField("data", planeNames, show);
  const names = Object.keys(samplers) as SamplerName[];
  const samplerChoice = choiceField("sampler", names, (name) => {
    sampler = name;
    start();
  });
  byId("form", "plane-request").append(datasets.element, samplerChoice.element);
  datasets.show(data.name);
  samplerChoice.show(sampler);
  play.addEventListener("click", () => (play.classList.contains("playing") ? (stop(), draw()) : start()));
  onScheme(draw);
  new ResizeObserver(draw).observe(canvas);
  show(data.name);
  if (!reducedMotion()) whenSeen(canvas, start);
}

function newFlow(data: PlaneData, name: SamplerName, seed: number): Flow {
  const method: Sampler = samplers[name];
  const options = resolveOptions(name, method);
  const [sigmaMin, sigmaMax] = data.sigmaRange;
  const sigmas = samplingLevels(method, method.schedule, method.steps, { sigmaMin, sigmaMax });
  const space = hostSpace({
    count: samples,
    dimension: 2,
    key: split(key(seed), purposes.sampling),
    score(x, sigma, out) {
      out.set(scoreOf(data, x, sigma));
      return Promise.resolve();
    },
  });
  // The data are not centred: the prior is, so it is moved there.
  const z = prior(space, { sampler: { name, steps: method.steps, options: {} } }, sigmas[0]);
  for (let i = 0; i < z.length; i++) z[i] += data.centre[i % 2];
  return {
    steps: method.run(space, z, sigmas, options),
    interval: 0,
    trail: [z.slice()],
    sigmas: [sigmas[0], sigmas[0]],
    since: performance.now(),
    step: 0,
    total: undefined,
  };
}

function scoreOf(data: PlaneData, x: Float32Array, sigma: PerImage): Float64Array {
  if (typeof sigma === "number") return data.score(Float64Array.from(x), sigma);
  const scores = new Float64Array(x.length);
  sigma.forEach((level, i) =>
    scores.set(data.score(Float64Array.from(x.subarray(2 * i, 2 * i + 2)), level), 2 * i),
  );
  return scores;
}

/** How far samples are on their way to the newest state, 0 to 1. */
const progress = ({ since, interval }: Flow): number =>
  interval === 0 ? 1 : Math.min(1, (performance.now() - since) / interval);

/** Between two noise levels, evenly in σ, as a straight step is; not below `least`. */
const between = ([before, now]: readonly [number, number], part: number, least: number): number =>
  Math.max(before + (now - before) * part, least);

const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));

/** Runs once, when an element has come into view by half. */
function whenSeen(element: Element, then: () => void): void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      then();
    },
    { threshold: 0.5 },
  );
  observer.observe(element);
}
