/** What `evaluate --adherence` makes of a data set that is nearly used up. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { key, proceduralDatasets, readCard } from "@ncsn/core";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/usage-error.ts";
import { adherence } from "../../src/evaluate/adherence.ts";

const model = readFileSync(join(import.meta.dirname, "../../../../models/mnist-class.onnx"));

/** One sample, by a judge that has what a set of so many items leaves. */
const evaluated = (size: number) => {
  const dataset = { ...proceduralDatasets.glyphs(key(0)), size };
  return adherence.prepare({ scales: "0" })({
    model,
    card: readCard(model),
    dataset,
    data: undefined,
    split: "test",
    open: () => Promise.resolve(dataset),
    first: 2,
    count: 1,
    seed: 0,
    batch: 1,
    sampling: { steps: 2 },
    signal: new AbortController().signal,
    progress: () => undefined,
  });
};

describe("evaluate --adherence", () => {
  it("judges by five items behind those evaluated, and refuses where there are fewer", async () => {
    const { rows, findings } = await evaluated(8);
    expect(rows.map(([name]) => name)).toEqual(["judge", "guidance 0"]);
    expect([0, 1]).toContain(findings[0].value);
    await expect(evaluated(7)).rejects.toThrow(
      new UsageError("invalid count: 1 from 2 (glyphs has 7 items, and the judge needs 8)"),
    );
  });
});
