/** Guidance judged by how many samples are of their class. */
import { load } from "@ncsn/infer/node";
import { numbers } from "../cli/option-values.ts";
import { UsageError } from "../cli/usage-error.ts";
import type { Evaluation, Report, Row } from "./report.ts";

/** The judge: the most frequent class of the nearest neighbours among so many items that follow those evaluated. */
const neighbours = 5;
const libraryItems = 3000;

export const adherence: Report = {
  summary: `share of samples that are of their class by ${neighbours} nearest neighbours, by scale of guidance`,
  options: { scales: { describe: "scales of guidance; several as 0,1,2", default: "0,0.5,1,2,4,8" } },
  prepare(options) {
    const scales = numbers("scales", options.scales, -Infinity);
    return async (evaluation) => {
      const {
        model: bytes,
        card,
        dataset,
        sampling,
        first,
        count,
        seed,
        batch,
        signal,
        progress,
      } = evaluation;
      const { classes } = card;
      if (classes === undefined)
        throw new UsageError(`${card.name} knows no classes (need a model trained with --conditional)`);
      const needed = first + count + neighbours;
      if (dataset.size < needed)
        throw new UsageError(
          `invalid count: ${count} from ${first} (${dataset.name} has ${dataset.size} items, and the judge needs ${needed})`,
        );
      const dimension = card.shape.reduce((a, b) => a * b, 1);
      const end = Math.min(dataset.size, first + count + libraryItems);
      const library = readItems(evaluation, first + count, end);
      const own = readItems(evaluation, first, first + count);
      const share = (images: Float32Array, labels: ArrayLike<number>): number => {
        let right = 0;
        for (let i = 0; i < count; i++)
          if (classOf(images.subarray(i * dimension, (i + 1) * dimension), library) === labels[i]) right += 1;
        return right / count;
      };
      const rows: Row[] = [
        ["judge", `${percent(share(own.images, own.labels))} of ${count} items of the data`],
      ];
      const findings: { name: string; value: number }[] = [];
      const label = Array.from({ length: count }, (_, i) => (first + i) % classes.length);
      const model = await load(bytes, { signal });
      try {
        for (const scale of scales) {
          const request = { ...sampling, count, first, seed, batch, label, guidance: scale, signal };
          const { data } = await model.sample(request);
          const value = share(data, label);
          rows.push([`guidance ${scale}`, `${percent(value)} of ${count} samples`]);
          findings.push({ name: `guidance ${scale}`, value });
          progress(findings.length, scales.length);
        }
      } finally {
        await model.dispose();
      }
      return { rows, findings };
    };
  },
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

interface Items {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

function readItems({ card, dataset }: Evaluation, from: number, to: number): Items {
  const dimension = card.shape.reduce((a, b) => a * b, 1);
  const images = new Float32Array((to - from) * dimension);
  const labels = Int32Array.from({ length: to - from }, (_, i) =>
    dataset.read(from + i, images, i * dimension),
  );
  return { images, labels };
}

/** The most frequent class of the nearest neighbours, of equally many the nearest one's. */
function classOf(image: Float32Array, { images, labels }: Items): number {
  const distances = Float64Array.from(labels, (_, k) => {
    let sum = 0;
    for (let i = 0, at = k * image.length; i < image.length; i++) sum += (image[i] - images[at + i]) ** 2;
    return sum;
  });
  const nearest = [...labels.keys()].sort((a, b) => distances[a] - distances[b]).slice(0, neighbours);
  const votes = new Map<number, number>();
  for (const k of nearest) votes.set(labels[k], (votes.get(labels[k]) ?? 0) + 1);
  const most = Math.max(...votes.values());
  return labels[nearest.find((k) => votes.get(labels[k]) === most) ?? nearest[0]];
}
