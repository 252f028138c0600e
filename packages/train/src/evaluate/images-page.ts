/** The page of `evaluate --images`: the numbers, the samples, and the samples that are nearest to training images. */
import { gridGround, imageGrid, png } from "@ncsn/infer/node";
import { htmlPage, type Image, type PictureTable } from "../report/index.ts";
import { pick, type Rows } from "./distances/rows.ts";
import type { ClosestPair } from "./quality/quality.ts";
import { comparisons, facts, type ImagesQuality } from "./images-numbers.ts";

/** The page as HTML; the same evaluation is the same text. */
export async function imagesPage(found: ImagesQuality): Promise<string> {
  const { model, reference, samples, quality } = found;
  const { train, test, floor, classes, shape } = reference;
  const { before, after } = facts(found);
  const made: Rows = { ...train, data: samples.pixels, count: quality.count };
  const shown = Math.min(inAll, made.count);
  const draw = (rows: Rows, numbers: readonly number[], alt: string, columns?: number): Promise<Image> =>
    picture(pick(rows, numbers), shape, alt, columns);
  const firstOf = async (rows: Rows, labels: Uint8Array, label: number, alt: string) => {
    const numbers = [...labels.keys()].filter((i) => labels[i] === label).slice(0, ofClass);
    return numbers.length === 0 ? undefined : draw(rows, numbers, alt, ofClass);
  };
  const byClass: PictureTable = {
    kind: "pictures",
    caption: "The first of each class, by the judge.",
    columns: ["samples", "test images"],
    rows: await Promise.all(
      classes.map(async (name, label) => ({
        name,
        images: await Promise.all([
          firstOf(made, quality.labels, label, `samples that the judge takes for ${name}`),
          firstOf(
            test.judged.images,
            test.judged.classes,
            label,
            `test images that the judge takes for ${name}`,
          ),
        ]),
      })),
    ),
  };
  const pairsOf = async (
    caption: string,
    pairs: readonly ClosestPair[],
    columns: readonly string[],
  ): Promise<PictureTable> => ({
    kind: "pictures",
    caption,
    columns,
    rows: [
      {
        name: "sample",
        images: await Promise.all(pairs.map(({ sample }) => draw(made, [sample], `sample ${sample}`))),
      },
      {
        name: "training",
        images: await Promise.all(
          pairs.map(({ training }) => draw(train, [training], `training image ${training}`)),
        ),
      },
    ],
  });
  const { closest, closestOfClass } = quality;
  return htmlPage({
    title: `${model.name} on ${reference.dataset}`,
    lead:
      `Fréchet distance ${quality.frechet.toPrecision(3)}; as many real images have ` +
      `${floor.frechet.mean.toPrecision(3)} ± ${floor.frechet.deviation.toPrecision(1)}.`,
    sections: [
      {
        title: "Numbers",
        blocks: [
          { kind: "table", rows: before },
          {
            kind: "table",
            columns: ["", "samples", "real images", "noise"],
            rows: comparisons(found).map(({ name, samples, real, noise }) => [name, samples, real, noise]),
            right: [1, 2, 3],
          },
          { kind: "table", rows: after },
          {
            kind: "prose",
            words:
              `Distances are between features of the judge, squared, against the test images. Real images are ${quality.count} training images ` +
              `measured as if they were samples, in ${floor.draws} draws${floor.disjoint ? " without an image in common" : ""}: their mean and standard deviation. ` +
              "Noise is uniform in every pixel. All depend on the judge and on how many samples there are.",
          },
        ],
      },
      {
        title: "Samples",
        blocks: [
          {
            kind: "figures",
            figures: [
              {
                image: await draw(made, [...Array(shown).keys()], `the first ${shown} samples`, 10),
                caption: `The first ${shown}, none left out.`,
              },
            ],
          },
          byClass,
        ],
      },
      {
        title: "Nearest training images",
        blocks: [
          {
            kind: "prose",
            words:
              "Of all samples those that come nearest to an image of the training half, and that image, with their distance in pixels. " +
              `For test images the 1st percentile of that distance is ${test.nearness.first.toPrecision(3)}, for samples ${quality.nearness.first.toPrecision(3)}.`,
          },
          await pairsOf(
            "The nearest of all.",
            closest.slice(0, across),
            closest.slice(0, across).map(({ distance }) => distance.toFixed(2)),
          ),
          await pairsOf(
            "The nearest of each class.",
            closestOfClass,
            closestOfClass.map((pair) => `${classes[pair.class]}: ${pair.distance.toFixed(2)}`),
          ),
        ],
      },
    ],
  });
}

const inAll = 100;
const ofClass = 8;
const across = 8;

/** Small images are drawn with every pixel as a square, to this width at least. */
const smallest = 56;

/** Images in a grid; a last row that is short is filled with its ground, so that all grids of some columns are as wide. */
async function picture(
  { data, count, width }: Rows,
  shape: ImagesQuality["reference"]["shape"],
  alt: string,
  columns = 1,
): Promise<Image> {
  const whole = columns * Math.ceil(count / columns);
  const filled = new Float32Array(whole * width).fill(gridGround / 255);
  filled.set(data);
  const raster = imageGrid({ shape: [whole, ...shape], data: filled }, { columns, gap: whole === 1 ? 0 : 2 });
  return {
    png: await png(raster),
    alt,
    width: raster.width * Math.ceil(smallest / shape[2]),
    pixelated: true,
  };
}
