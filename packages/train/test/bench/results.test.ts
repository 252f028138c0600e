import { describe, expect, it } from "vitest";
import { resultsOf } from "../../src/bench/results.ts";

const finding = (name: string, values: readonly number[], memory: number, parameters = 10) => ({
  name,
  description: name,
  parameters,
  values,
  memory,
});

describe("results", () => {
  it("takes ratios round by round", () => {
    const found = [finding("ours", [10, 30, 40], 300), finding("peer", [20, 10, 20], 200)];
    const [ours, peer] = resultsOf(found, { measure: "training", unit: "images/s", batch: 64 });
    expect(ours).toMatchObject({
      median: 30,
      min: 10,
      max: 40,
      speedByPeer: { median: 2, min: 0.5, max: 3 },
      memoryByPeer: 1.5,
    });
    expect(peer).toMatchObject({ median: 20, min: 10, max: 20, peakMemory: 200 });
    expect(peer).not.toHaveProperty("speedByPeer");
  });

  it("is faster where it takes less time", () => {
    const found = [finding("ours", [1, 2], 1), finding("peer", [4, 4], 1)];
    const [{ speedByPeer }] = resultsOf(found, { measure: "first image", unit: "s", batch: 1 });
    expect(speedByPeer).toEqual({ median: 3, min: 2, max: 4 });
  });

  it("has no ratios without a peer", () => {
    const [alone] = resultsOf([finding("ours", [1, 2], 1)], {
      measure: "training",
      unit: "images/s",
      batch: 1,
    });
    expect(alone.median).toBe(1.5);
    expect(alone).not.toHaveProperty("speedByPeer");
  });

  it("refuses a peer with another network", () => {
    const found = [finding("ours", [1], 1, 230331), finding("peer", [1], 1, 230330)];
    expect(() => resultsOf(found, { measure: "training", unit: "images/s", batch: 1 })).toThrow(
      "the peer's network has 230330 parameters, ours 230331",
    );
  });
});
