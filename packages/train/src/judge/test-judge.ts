import type { Dataset, JudgeCard } from "@ncsn/core";
import type { Judge } from "../evaluate/judge.ts";

/** Images read and judged at once. */
const readSize = 1000;

/**
 * How a judge does on the first `count` images of a data set.
 * @param progress told how many have been judged
 * @throws RangeError where the images or their classes are not the judge's
 */
export async function testJudge(
  judge: Judge,
  dataset: Dataset,
  count: number,
  progress: (done: number) => void = () => undefined,
): Promise<JudgeCard["test"]> {
  const { shape, classes } = judge.card;
  if (String(dataset.shape) !== String(shape) || dataset.classes?.length !== classes.length)
    throw new RangeError(`${judge.card.name} does not judge images of ${dataset.name}`);
  const dimension = shape.reduce((a, b) => a * b, 1);
  let errors = 0;
  let crossEntropy = 0;
  for (let from = 0; from < count; from += readSize) {
    const size = Math.min(readSize, count - from);
    const pixels = new Float32Array(size * dimension);
    const labels = Array.from({ length: size }, (_, i) => dataset.read(from + i, pixels, i * dimension));
    const { probabilities } = await judge.judge(pixels, size);
    labels.forEach((label, i) => {
      const row = probabilities.subarray(i * classes.length, (i + 1) * classes.length);
      if (row.indexOf(Math.max(...row)) !== label) errors += 1;
      crossEntropy -= Math.log(Math.max(row[label], smallest));
    });
    progress(from + size);
  }
  return { accuracy: 1 - errors / count, errors, crossEntropy: crossEntropy / count };
}

/** The least positive float32 that is not denormal: a probability below it counts as it. */
const smallest = 2 ** -126;
