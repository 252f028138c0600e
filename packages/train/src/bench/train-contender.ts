/** A training engine, for the bench to measure: `node train-contender.js '{"engine": …}'`. */
import { summarize } from "@ncsn/core";
import { engines, type EngineName } from "../cli/engines.ts";
import { withSteps } from "../cli/new-run.ts";
import { train } from "../trainer.ts";
import { benchRun, type Subject } from "./bench-model.ts";
import { serve } from "./serve.ts";

/** What `train-contender.js` is told. */
export interface TrainTask extends Subject {
  readonly engine: EngineName;
  readonly backend: string;
}

const task = JSON.parse(process.argv[2]) as TrainTask;
const { config, dataset } = benchRun(task);
const engine = await engines[task.engine].open(config, task.backend);
const { size: parameters } = summarize(config.model, config.shape);

// The loop of a run without its end, so that the next batch is made while the engine works, as it always is.
const steps = train({ config: withSteps(config, 1e9), engine, dataset });
await serve(
  { description: engine.description, parameters },
  {
    async train(repetitions) {
      for (let i = 0; i < repetitions; i++) await steps.next();
    },
  },
);
await engine.dispose();
