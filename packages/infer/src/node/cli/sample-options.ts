/** What `sample` can be told. Numbers arrive as text, so that messages can repeat what was typed. */
import type { InferredOptionTypes, Options } from "yargs";
import { views } from "../../model.ts";
import { nodeDevices } from "../devices.ts";
import { controlOptions } from "./control-options.ts";
import { samplingOptions } from "./sampling-request.ts";

const what = "What:";
const how = "How:";
const where = "Where:";

const text = (group: string, describe: string, defaultDescription?: string) =>
  ({ type: "string", requiresArg: true, group, describe, defaultDescription }) as const;
const flag = (group: string, describe: string) => ({ type: "boolean", group, describe }) as const;

/** The options of `sample`; those of samplers come beside them. */
export const sampleOptions = {
  model: text(what, "ONNX file, or its URL", "the newest in models/ of a run in runs/, or else mnist.onnx"),
  count: text(what, "number of images", "16; 2,000 points"),
  seed: text(what, "an integer; equal seeds give equal images, at any count and batch", "0"),
  first: text(what, "number of the first image of the seed", "0"),
  label: text(what, "class of the images, by name or number; several in turn as 0,1,2", "none"),
  ...controlOptions,

  ...samplingOptions,
  device: text(how, `one of auto, ${nodeDevices.join(", ")}`, "auto"),
  threads: text(how, "threads on the cpu", "its cores"),
  batch: text(
    how,
    "images per run of the network: speed and memory, never the result",
    "by their size: 8 of 28x28 on the cpu",
  ),

  out: text(
    where,
    ".png (a grid; points as a plot), .svg (points), .gif (the sampling), .npy (float32 [N,C,H,W], pixels) or a folder (a PNG each)",
    "images/NAME-SEED.png",
  ),
  columns: text(where, "images in a row", "a square"),
  scale: text(where, "side of a pixel, 64 at most", "to 512 across, a .gif 320, a folder 1"),
  field: text(where, "draw the score at this noise level as arrows, below points in .svg or .png", "none"),
  trajectories: text(where, "draw the ways of this many points, in .svg or .png", "none"),
  view: text(
    where,
    `what a .gif and trajectories show: one of ${views.join(", ")} (what the model sees in x)`,
    "scaled",
  ),
  "dry-run": flag(where, "say what would be done, with evaluations, memory and time"),
} as const satisfies Record<string, Options>;

/** The options of `sample` as yargs gives them. */
export type SampleArguments = InferredOptionTypes<typeof sampleOptions> & Readonly<Record<string, unknown>>;
