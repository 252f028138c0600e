/** Fig. 3: the score of data in the plane as a field of arrows, and samples that flow along it. */
import { samplers, type SamplerName } from "@ncsn/core";
import { choiceField } from "./fields.ts";
import { byId, onScheme, reducedMotion } from "./page.ts";
import { planeData, planeNames } from "./plane-data.ts";
import { planeFlow, type PlaneFlow } from "./plane-flow.ts";
import { paintPlane } from "./plane-painter.ts";
import { repaint } from "./repaint.ts";
import { rollingArrows } from "./rolling-arrows.ts";
import { sigmaAxis, sigmaScale } from "./sigma-scale.ts";

const side = 21;
/** Milliseconds of a frame for arrows. */
const arrowTime = 4;

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
  let flow: PlaneFlow | undefined;
  let seed = 0;
  let problem = "";

  const draw = repaint(() => {
    const upToDate = field.follow(sigma, arrowTime);
    const { arrows } = field;
    const trail = flow?.trail ?? [];
    paintPlane(canvas, { data, sigma, ink: 0.22, arrows, trail, part: flow?.part() ?? 1 });
    const at = axis.position(sigma);
    scale.move(at, sigma, `noise level ${sigma.toPrecision(3)}`);
    moment.textContent = problem || (flow?.progress() ?? "");
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
    flow?.stop();
    flow = undefined;
    problem = "";
    showPlaying(false);
  };

  const showPlaying = (playing: boolean) => {
    play.classList.toggle("playing", playing);
    play.setAttribute("aria-label", playing ? "Stop" : "Let samples flow");
  };

  const start = () => {
    stop();
    delete canvas.dataset.finished;
    showPlaying(true);
    const { score } = data;
    const source = {
      ...data,
      score: (x: Float32Array, level: number) => Promise.resolve(score(Float64Array.from(x), level)),
    };
    flow = planeFlow(source, sampler, seed++, {
      moved: setSigma,
      finished(steps) {
        showPlaying(false);
        canvas.dataset.finished = String(steps);
      },
      failed(message) {
        stop();
        problem = message;
        draw();
      },
    });
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
