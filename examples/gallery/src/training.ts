/**
 * Fig. 4: a small network learns the field from points alone, while one watches. A few lines over the limit, for data,
 * run, field and samples share one state.
 */
import type { ProceduralDatasetName } from "@ncsn/core";
import type { TrainingMoment } from "@ncsn/train/web";
import { choiceField, numberField } from "./fields.ts";
import { handOut } from "./hand-out.ts";
import { latest } from "./latest.ts";
import { liveRun, type LiveRun } from "./live-run.ts";
import { lossCurve } from "./loss-curve.ts";
import { byId, onScheme, reducedMotion } from "./page.ts";
import { planeData, planeNames, sigmasFor, type PlanePoints } from "./plane-data.ts";
import { planeFlow, type PlaneFlow } from "./plane-flow.ts";
import { latticeOf, paintPlane, type Arrows } from "./plane-painter.ts";
import { repaint } from "./repaint.ts";
import { sigmaAxis, sigmaScale } from "./sigma-scale.ts";
import { sketchOn } from "./sketch.ts";

const side = 21;
/** Milliseconds between two fields of a network that learns. */
const fieldInterval = () => (reducedMotion() ? 1000 : 120);
const usualSteps = 3000;
/** Points a step: few, so that steps are quick. */
const batch = 128;
const own = "own";
const ownReach = 3;
/** Fewer points are no shape. */
const leastPoints = 20;

/** Sets the figure up. @param opened what becomes of a model that the visitor wants to see in Fig. 1 */
export function startTraining(opened: (model: File) => void): void {
  const canvas = byId("canvas", "learned");
  const hint = byId("p", "sketch-hint");
  const moment = byId("p", "training-moment");
  const train = byId("button", "train");
  const [again, sampling, save, open, clear] = ["again", "sample", "save-model", "open-model", "clear"].map(
    (id) => byId("button", id),
  );
  const curve = lossCurve(byId("div", "loss"));
  let name = planeNames.includes("two-moons") ? "two-moons" : planeNames[0];
  let data: PlanePoints = planeData(name);
  let arrows: Arrows = noArrows(data);
  let axis = sigmaAxis(data.sigmaRange, false);
  let sigma = axis.sigma(0.6);
  let steps = usualSteps;
  let seed = 0;
  let run: LiveRun | undefined;
  let flow: PlaneFlow | undefined;
  let newest: TrainingMoment | undefined;
  /** Steps a second, of the last few moments. */
  let speed = 0;
  let fieldSince = 0;
  let problem = "";

  const draw = repaint(() => {
    paintPlane(canvas, {
      data,
      sigma: 0,
      ink: 0.45,
      arrows,
      trail: flow?.trail ?? [],
      part: flow?.part() ?? 1,
    });
    scale.move(axis.position(sigma), sigma, `noise level ${sigma.toPrecision(3)}`);
    const going = run?.going() ?? false;
    train.classList.toggle("playing", going);
    train.setAttribute("aria-label", going ? "Pause training" : "Train");
    train.disabled = newest !== undefined && newest.step === newest.steps;
    again.disabled = run === undefined;
    for (const button of [sampling, save, open]) button.disabled = newest === undefined;
    clear.hidden = name !== own;
    hint.hidden = name !== own || data.points.length > 0;
    moment.textContent = problem || said();
  });

  const said = (): string => {
    if (newest === undefined) return run === undefined ? "" : "starting…";
    if (flow !== undefined) return `sampling, ${flow.progress()}`;
    const at = `step ${newest.step} of ${newest.steps}`;
    return run?.going() === true ? `${at} · ${Math.round(speed)} steps/s` : at;
  };

  /** Asks the network for the field at the ruler's noise level. */
  const ask = latest(async (asked: LiveRun) => {
    const level = sigma;
    const { at } = arrows;
    try {
      const score = await asked.score(Float32Array.from(at), level);
      if (asked !== run) return;
      arrows = { side, at, by: Float64Array.from(score, (value) => level * value) };
      canvas.dataset.sigma = level.toPrecision(4);
      draw();
    } catch (error) {
      if (asked === run) fail(error);
    }
  });

  const setSigma = (value: number) => {
    sigma = Math.max(value, data.sigmaRange[0]);
    if (run !== undefined && newest !== undefined) ask(run);
    draw();
  };
  const scale = sigmaScale(byId("div", "training-scale"), "Noise level of the learned field", {
    moved(position) {
      stopFlow();
      setSigma(axis.sigma(position));
    },
  });

  const stopFlow = () => {
    flow?.stop();
    flow = undefined;
    delete canvas.dataset.finished;
  };
  const fail = (error: unknown) => {
    problem = error instanceof Error ? error.message : String(error);
    stopFlow();
    draw();
  };

  /** Forgets the run: the data are others, or it starts again. */
  const reset = () => {
    stopFlow();
    run?.dispose();
    run = newest = undefined;
    speed = fieldSince = 0;
    problem = "";
    arrows = noArrows(data);
    delete canvas.dataset.step;
    delete canvas.dataset.sigma;
    curve.reset(steps);
    draw();
  };

  const moved = (mine: LiveRun, now: TrainingMoment) => {
    const stepsBefore = newest?.step ?? 0;
    const of = (now.step - stepsBefore) / now.seconds;
    speed = newest === undefined ? of : 0.9 * speed + 0.1 * of;
    newest = now;
    curve.add(now);
    canvas.dataset.step = String(now.step);
    if (performance.now() - fieldSince > fieldInterval()) {
      fieldSince = performance.now();
      ask(mine);
    }
    draw();
  };

  const modelName = () => (name === own ? "drawn-here" : `${name}-trained-here`);
  const begin = (): LiveRun => {
    const what = name === own ? data.points : (name as ProceduralDatasetName);
    const mine: LiveRun = liveRun(
      { data: what, name: modelName(), steps, batch, seed },
      {
        moved: (now) => moved(mine, now),
        ended: () => ask(mine),
        failed(error) {
          reset();
          fail(error);
        },
      },
    );
    return mine;
  };

  const go = () => {
    if (name === own && data.points.length < 2 * leastPoints) {
      fail("draw some points first");
      return;
    }
    stopFlow();
    problem = "";
    run ??= begin();
    run.go();
    draw();
  };

  const sample = () => {
    if (run === undefined) return;
    const sampled = run;
    sampled.pause();
    stopFlow();
    const source = { ...data, score: (x: Float32Array, level: number) => sampled.score(x, level) };
    flow = planeFlow(source, "heun", seed++, {
      moved: setSigma,
      finished(count) {
        canvas.dataset.finished = String(count);
        draw();
      },
      failed: fail,
    });
  };

  /** The run's model as a file. */
  const file = async (then: (model: File) => void) => {
    const asked = run;
    if (asked === undefined) return;
    const fileName = `${modelName()}.onnx`;
    try {
      const bytes = await asked.model();
      then(new File([Uint8Array.from(bytes)], fileName, { type: "application/octet-stream" }));
    } catch (error) {
      if (asked === run) fail(error);
    }
  };

  const show = (wanted: PlanePoints) => {
    data = wanted;
    axis = sigmaAxis(data.sigmaRange, false);
    sigma = axis.sigma(0.6);
    scale.show(axis);
    reset();
  };
  const sketch = sketchOn(canvas, ownReach, () => {
    data = drawn(sketch.points());
    reset();
  });
  const choose = (wanted: string) => {
    name = wanted;
    sketch.enable(name === own);
    canvas.setAttribute("aria-label", `The field that a network learns of ${texts[name] ?? name}`);
    show(name === own ? drawn(sketch.points()) : planeData(name));
  };
  const texts: Readonly<Record<string, string>> = { [own]: "your own" };
  const dataChoice = choiceField("data", [...planeNames, own], choose, texts);
  const stepsField = numberField("steps", { least: 100, most: 100_000 }, (wanted = usualSteps) => {
    steps = wanted;
    reset();
  });
  byId("form", "training-request").prepend(dataChoice.element, stepsField.element);
  dataChoice.show(name);
  stepsField.show(steps);
  train.addEventListener("click", () => {
    if (run?.going() !== true) go();
    else {
      run.pause();
      draw();
    }
  });
  again.addEventListener("click", () => {
    reset();
    seed++;
    go();
  });
  sampling.addEventListener("click", sample);
  save.addEventListener("click", () => void file((model) => handOut(model, model.name)));
  open.addEventListener("click", () => void file(opened));
  clear.addEventListener("click", () => sketch.clear());
  onScheme(draw);
  new ResizeObserver(draw).observe(canvas);
  choose(name);
}

/** Drawn points; what the network does not show of them is nothing. */
const drawn = (points: Float32Array): PlanePoints => ({
  name: own,
  points,
  noise: new Float32Array(points.length),
  centre: [0, 0],
  reach: ownReach,
  sigmaRange: sigmasFor(ownReach),
});

/** Arrows of no length, before there is a network. */
function noArrows(data: PlanePoints): Arrows {
  const at = latticeOf(data, side);
  return { side, at, by: new Float64Array(at.length) };
}
