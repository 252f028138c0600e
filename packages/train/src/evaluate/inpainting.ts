/** Inpainting judged by its borders: images of the data, partly hidden, with what the model puts there. */
import { isImage } from "@ncsn/core";
import { load, type Images } from "@ncsn/infer/node";
import { numbers } from "../cli/option-values.ts";
import { UsageError } from "../cli/usage-error.ts";
import type { Evaluation, Report, Row } from "./report.ts";

type Size = readonly [channels: number, height: number, width: number];

/** What is kept, by row and column as fractions of the image. */
const masks: Readonly<Record<string, (row: number, column: number) => boolean>> = {
  "lower half made": (row) => row < 1 / 2,
  "middle made": (row, column) => Math.max(Math.abs(row - 1 / 2), Math.abs(column - 1 / 2)) > 3 / 14,
  "every fourth row kept": (row) => (28 * row) % 4 < 1,
};

export const inpainting: Report = {
  summary: "jumps across the borders of inpainted regions against those of the same images",
  options: {
    refinements: { describe: "evaluations more for each; several as 0,1,2", default: "0,1,2,4" },
  },
  prepare(options) {
    const all = numbers("refinements", options.refinements, 0);
    return async (evaluation) => {
      const { model: bytes, card, sampling, first, count, seed, batch, signal, progress } = evaluation;
      if (!isImage(card)) throw new UsageError(`${card.name} makes points, which have no borders`);
      const model = await load(bytes, { signal });
      const real = itemsOf(evaluation);
      const rows: Row[] = [];
      const findings: { name: string; value: number }[] = [];
      const total = Object.keys(masks).length * all.length;
      try {
        for (const [name, kept] of Object.entries(masks)) {
          const mask = maskOf(card.shape, kept);
          const jumpOfReal = jump(real, card.shape, mask);
          for (const refinements of all) {
            const inpaint = { image: real, mask, refinements };
            const request = { ...sampling, count, seed, first, batch, inpaint, signal };
            const { data }: Images = await model.sample(request);
            const changed = data.filter(
              (pixel, i) => mask[i % mask.length] === 1 && pixel !== real[i],
            ).length;
            const ratio = jump(data, card.shape, mask) / jumpOfReal;
            const error = Math.sqrt(hiddenError(data, real, mask));
            rows.push([
              `${name}, ${refinements} refinements`,
              `jump ${ratio.toFixed(2)} of real images' ${jumpOfReal.toFixed(3)}; ` +
                `rms distance from them ${error.toFixed(3)}; known pixels changed: ${changed}`,
            ]);
            findings.push({ name: `${name}, ${refinements}`, value: ratio });
            findings.push({ name: `${name}, ${refinements}, rms`, value: error });
            progress(rows.length, total);
          }
        }
      } finally {
        await model.dispose();
      }
      return { rows, findings };
    };
  },
};

function itemsOf({ card, dataset, first, count }: Evaluation): Float32Array {
  const dimension = card.shape.reduce((a, b) => a * b, 1);
  const items = new Float32Array(count * dimension);
  for (let i = 0; i < count; i++) dataset.read(first + i, items, i * dimension);
  return items;
}

function maskOf(
  [channels, height, width]: Size,
  kept: (row: number, column: number) => boolean,
): Float32Array {
  return Float32Array.from({ length: channels * height * width }, (_, i) => {
    const at = i % (height * width);
    return kept((Math.floor(at / width) + 0.5) / height, ((at % width) + 0.5) / width) ? 1 : 0;
  });
}

/** Mean magnitude of the differences between neighbours of which one is known. */
function jump(images: Float32Array, [, height, width]: Size, mask: Float32Array): number {
  let [sum, pairs] = [0, 0];
  const meet = (i: number, j: number): void => {
    if (mask[i % mask.length] === mask[j % mask.length]) return;
    sum += Math.abs(images[i] - images[j]);
    pairs += 1;
  };
  for (let i = 0; i < images.length; i++) {
    const at = i % (height * width);
    if (at % width < width - 1) meet(i, i + 1);
    if (at < (height - 1) * width) meet(i, i + width);
  }
  return sum / pairs;
}

function hiddenError(made: Float32Array, real: Float32Array, mask: Float32Array): number {
  let [sum, hidden] = [0, 0];
  made.forEach((pixel, i) => {
    if (mask[i % mask.length] === 1) return;
    sum += (pixel - real[i]) ** 2;
    hidden += 1;
  });
  return sum / hidden;
}
