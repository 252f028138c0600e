import { statistics, type Dataset, type Recipe, type RunConfig } from "@ncsn/core";

/**
 * The map from a data set's own units to a recipe's model units, model = scale·pixel + offset.
 * @throws RangeError where all values are one, and the recipe wants them spread
 */
export function modelUnits({ units, sigmaData }: Recipe, dataset: Dataset): RunConfig["pixels"] {
  const chosen = dataset.pixels ? units : "standardised";
  switch (chosen) {
    case "pixels":
      return { scale: 1, offset: 0 };
    case "symmetric":
      return { scale: 2, offset: -1 };
    case "standardised": {
      const { mean, deviation } = statistics(dataset);
      if (!(deviation > 0)) throw new RangeError(`invalid data: all values of ${dataset.name} are ${mean}`);
      const scale = sigmaData / deviation;
      return { scale, offset: -scale * mean };
    }
    default:
      return chosen satisfies never;
  }
}
