import { describe, expect, it } from "vitest";
import { log1p } from "../../src/nn/log1p.ts";
import { referenceNn, values } from "../../src/nn/reference.ts";

const nn = referenceNn(() => {
  throw new Error("a logarithm has no parameters");
});

describe("log1p", () => {
  it("is ln(1 + v) to nine digits, from 1e-15 to a million, and 0 at 0", () => {
    const from = [0, ...Array.from({ length: 400 }, (_, i) => 10 ** (-15 + (21 * i) / 399))];
    const { data } = log1p(nn, values([from.length, 1], from));
    expect(data[0]).toBe(0);
    from.slice(1).forEach((v, i) => expect(data[i + 1] / Math.log1p(v) - 1).toBeLessThan(1e-9));
    from.slice(1).forEach((v, i) => expect(data[i + 1] / Math.log1p(v) - 1).toBeGreaterThan(-1e-9));
  });
});
