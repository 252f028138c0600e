import { describe, expect, it } from "vitest";
import { key } from "../src/rng.ts";
import { hostSpace } from "../src/space.ts";
import { checkedSpace } from "./checked-space.ts";

const space = () =>
  checkedSpace(
    hostSpace({
      count: 2,
      dimension: 3,
      key: key(0),
      score: async (x, _sigma, out) => {
        out.set(x.map((value) => -value));
      },
    }),
  );

describe("the checking space", () => {
  it("counts what is alive and how often the score was asked for", async () => {
    const checked = space();
    const z = checked.noise(0);
    const score = await checked.score(z, Float64Array.of(1, 2));
    expect([checked.live, checked.evaluations]).toEqual([2, 1]);
    expect([...checked.open(score)]).toEqual([...checked.open(z)].map((value) => -value));
    checked.release(z, score);
    expect(checked.live).toBe(0);
  });

  it("throws on use after release, wherever", async () => {
    const checked = space();
    const [z, other] = [checked.noise(0), checked.noise(1)];
    checked.release(z);
    const message = "used after release: a value made by noise(0)";
    await expect(checked.score(z, 1)).rejects.toThrow(message);
    expect(() => checked.combine([[1, z]])).toThrow(message);
    expect(() => checked.product(other, z)).toThrow(message);
    expect(() => checked.dot(z, other)).toThrow(message);
    expect(() => checked.release(z)).toThrow(message);
    expect(() => checked.release(other, other)).toThrow("used after release: a value made by noise(1)");
  });

  it("throws on a draw made twice, also as a uniform", () => {
    const checked = space();
    checked.noise(4);
    expect(() => checked.noise(4)).toThrow("draw 4 was made twice");
    expect(() => checked.uniform(4)).toThrow("draw 4 was made twice");
  });

  it("throws on coefficients that are not numbers, or not one per image", () => {
    const checked = space();
    const z = checked.noise(0);
    expect(() => checked.combine([[NaN, z]])).toThrow("coefficient NaN is not finite");
    expect(() => checked.combine([[Float64Array.of(1, Infinity), z]])).toThrow("is not finite");
    expect(() => checked.combine([[Float64Array.of(1), z]])).toThrow("1 coefficients for 2 images");
  });

  it("throws on a value of another space", () => {
    expect(() => space().combine([[1, space().noise(0)]])).toThrow("this value is of another space");
  });
});
