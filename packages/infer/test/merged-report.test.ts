import { expect, it } from "vitest";
import { mergedReport } from "../src/workers/merged-report.ts";

const report = (index: number, total: number | undefined, sigma: number, evaluations: number) => ({
  index,
  total,
  sigma,
  evaluations,
});

it("is nothing once all parts are done", () => {
  expect(mergedReport([undefined, undefined])).toBeUndefined();
});

it("is that of the noisiest and the busiest image", () => {
  expect(mergedReport([report(3, 9, 0.5, 4), report(3, 9, 0.7, 6)])).toEqual(report(3, 9, 0.7, 6));
});

it("knows no total while a part knows none, and goes on with the parts that do", () => {
  expect(mergedReport([report(3, 4, 0, 8), report(3, undefined, 0.2, 8)])).toEqual(
    report(3, undefined, 0.2, 8),
  );
  expect(mergedReport([undefined, report(4, 5, 0, 10)])).toEqual(report(4, 5, 0, 10));
});

it("joins what was measured in the order of the images", () => {
  const theory = { varianceRatio: 1, signalToNoise: 0.2 };
  const part = (...values: number[]) => ({
    ...report(0, 2, 1, 1),
    diagnostics: {
      sigma: 1,
      eta: 0.1,
      varianceRatio: Float64Array.from(values),
      signalToNoise: Float64Array.from(values, (value) => value / 2),
      theory,
    },
  });
  expect(mergedReport([part(1, 2), part(3)])).toEqual(part(1, 2, 3));
});
