/** What `evaluate` can be told. Numbers arrive as text, so that messages can repeat what was typed. */
import { everySamplingOption } from "@ncsn/infer/node";
import type { Options } from "yargs";
import { datasetNames } from "../datasets/index.ts";
import { reports } from "./reports.ts";

const what = "What:";
const on = "On:";
const text = (group: string, describe: string, defaultDescription?: string) =>
  ({ type: "string", requiresArg: true, group, describe, defaultDescription }) as const;

/** The options that every report has. */
export const sharedOptions = {
  model: text(on, "ONNX file"),
  dataset: text(on, `one of ${datasetNames.join(", ")}`, "the model's, or glyphs"),
  data: text(on, "folder with the files of the data set"),
  split: text(on, "half of the data set: test or train", "test"),
  first: text(on, "number of the first item", "0"),
  count: text(on, "number of items, and of samples", "100; of --images 5,000, of --points 10,000"),
  batch: text(on, "items of one run of the network: speed and memory, never the result", "16"),
  seed: text(on, "of procedural data and of what is random in a report", "0"),
  out: text(on, "folder for metrics.json and report.html, of reports that have them", "evaluations/NAME"),
  json: { type: "boolean", group: on, describe: "print the numbers as JSON" },
} as const satisfies Record<string, Options>;

/** Of `--all`, which takes the others from its plan. */
export const allOptions = {
  all: {
    type: "boolean",
    group: "All of it:",
    describe: "measure what the plan has and is not measured yet, and write the numbers into the documents",
  },
  plan: text("All of it:", "file of measurements by name", "models/evaluations.json"),
  only: text("All of it:", "one measurement, or a group of them", "all"),
  "dry-run": { type: "boolean", group: "All of it:", describe: "say what is measured and what is due" },
} as const satisfies Record<string, Options>;

/** A flag for each report, and the options of each. */
export const evaluateOptions: Readonly<Record<string, Options>> = {
  ...Object.fromEntries(
    Object.entries(reports).map(([name, { summary }]) => [
      name,
      { type: "boolean", group: what, describe: summary } as const,
    ]),
  ),
  ...sharedOptions,
  ...allOptions,
  ...everySamplingOption,
  ...Object.fromEntries(
    Object.entries(reports).flatMap(([name, { options }]) =>
      Object.entries(options).map(([option, rule]) => [
        option,
        text(`Of --${name}:`, rule.describe, rule.default),
      ]),
    ),
  ),
};
