import { describe, expect, it } from "vitest";
import { noisySpiral, spiral } from "../../src/datasets/spiral.ts";
import { noisySwissRoll, swissRoll } from "../../src/datasets/swiss-roll.ts";
import { key } from "../../src/rng.ts";
import { onCircle } from "../../src/turns.ts";
import { errorsOfMean, items } from "./oracles.ts";

const sets = {
  "swiss-roll": {
    set: swissRoll,
    make: noisySwissRoll,
    /** Angle, in radians, and distance from the centre at u, the share of the arm that is passed. */
    angle: (u: number) => 1.5 * Math.PI * (1 + 2 * u),
    distance: (u: number) => 1 + 2 * u,
    starts: [0],
  },
  spiral: {
    set: spiral,
    make: noisySpiral,
    angle: (u: number) => 3 * Math.PI * Math.sqrt(u),
    distance: (u: number) => 3 * Math.sqrt(u),
    starts: [0, Math.PI],
  },
};

const places = [
  [0, 0],
  [0.1, -0.2],
  [1, 0],
  [0, 2.1],
  [-2, -2],
  [2.9, 0.3],
  [-1.4, 0.7],
  [6, 1],
  [-80, 30],
];

describe.each(Object.entries(sets))("%s", (_, { set, make, angle, distance, starts }) => {
  /** The arms by Math's functions at the squares of even numbers from 0 to 1, with the weights of Simpson's rule. */
  const fine = starts.flatMap((start) =>
    Array.from({ length: 20_001 }, (_, i) => {
      const root = i / 20_000;
      const [rho, turn] = [distance(root ** 2), angle(root ** 2) + start];
      const simpson = i % 20_000 === 0 ? 1 : i % 2 === 1 ? 4 : 2;
      return [rho * Math.cos(turn), rho * Math.sin(turn), simpson * root];
    }),
  );

  it.each([0, 0.05, 0.4, 3, 20])("has the score of brute-force quadrature at σ = %f", (sigma) => {
    const v = 0.1 ** 2 + sigma ** 2;
    for (const at of places) {
      const squares = fine.map(([x, y]) => (x - at[0]) ** 2 + (y - at[1]) ** 2);
      const nearest = squares.reduce((a, b) => Math.min(a, b));
      const weights = squares.map((square, i) => fine[i][2] * Math.exp((nearest - square) / (2 * v)));
      const mass = weights.reduce((a, b) => a + b);
      const mean = [0, 1].map((k) => fine.reduce((sum, p, i) => sum + weights[i] * (p[k] - at[k]), 0) / mass);
      const score = set(key(0)).score?.(Float64Array.from(at), sigma) ?? [];
      const size = 1 + Math.hypot(...mean) / v;
      mean.forEach((m, k) => expect(Math.abs(score[k] - m / v)).toBeLessThan(1e-7 * size));
    }
  });

  it("scores a point the same alone and beside one that is far", () => {
    const { score } = set(key(0));
    const alone = score?.(Float64Array.of(1, 0.5), 0.2) ?? [];
    const beside = score?.(Float64Array.of(1, 0.5, 900, 0), 0.2) ?? [];
    [0, 1].forEach((k) =>
      expect(Math.abs(beside[k] - alone[k])).toBeLessThan(1e-9 * (1 + Math.abs(alone[k]))),
    );
  });

  it("has items of its law, arms alike, and its noise across the arm", () => {
    const n = 20_000;
    const { points, labels } = items(make({ noise: 0.01 })(key(2)), n);
    const found = Array.from({ length: n }, (_, i) => {
      const [x, y] = [points[2 * i], points[2 * i + 1]];
      const start = starts[Math.max(0, labels[i])];
      const rho = Math.hypot(x, y);
      const turns = (Math.atan2(y, x) - start) / (2 * Math.PI);
      // The distance tells the turn, the angle the rest: how far out of the arm, at which share of it.
      const wanted = angle(shareAt(distance, rho)) / (2 * Math.PI);
      const whole = Math.round(wanted - turns);
      const share = shareAt((u) => angle(u) / (2 * Math.PI), turns + whole);
      return { share, out: rho - distance(share) };
    }).filter(({ share }) => share > 0.05); // near the centre the two arms are within the noise
    expect(
      errorsOfMean(
        found.map(({ share }) => share),
        0.525,
      ),
    ).toBeLessThan(4);
    expect(
      errorsOfMean(
        found.map(({ share }) => (share - 0.525) ** 2),
        0.95 ** 2 / 12,
      ),
    ).toBeLessThan(4);
    // Out of the arm by its noise, seen at the angle of the arm to the radius: a little more than 1.
    const spread = Math.sqrt(found.reduce((sum, { out }) => sum + out ** 2, 0) / found.length);
    expect(spread).toBeGreaterThan(0.0099);
    expect(spread).toBeLessThan(0.0125);
    if (starts.length > 1) expect(errorsOfMean(labels, 0.5)).toBeLessThan(4);
  });

  it("refuses noise that is none", () => {
    expect(() => make({ noise: 0 })).toThrow("invalid noise: 0 (need a number > 0)");
  });
});

/** The u at which a rising function has a value, by bisection; beyond [0, 1] as far as it goes. */
function shareAt(rising: (u: number) => number, value: number): number {
  let [low, high] = [0, 1.2];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < value) low = middle;
    else high = middle;
  }
  return low;
}

it("onCircle is cosine and sine of any number of turns", () => {
  for (const turns of [0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1, 7.3, -0.2, -3.9]) {
    const [x, y] = onCircle(turns);
    expect(x).toBeCloseTo(Math.cos(2 * Math.PI * turns), 9);
    expect(y).toBeCloseTo(Math.sin(2 * Math.PI * turns), 9);
  }
});
