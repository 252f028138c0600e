import { describe, expect, it } from "vitest";
import { readSettings } from "../../src/element/settings.ts";
import { evenColumns } from "../../src/element/stage.ts";
import { gaussianCard } from "../gaussian-model.ts";

const card = gaussianCard({ classes: ["7", "cat", "dog"] });
const read = (attributes: Record<string, string>, of = card) =>
  readSettings((name) => attributes[name] ?? null, of);

describe("attributes", () => {
  it("leave everything open to the model but how many and which", () => {
    const { request, ...rest } = read({});
    expect(request).toEqual({ count: 16, seed: 0 });
    expect(rest).toEqual({ columns: undefined, view: "scaled", duration: 3 });
    expect(read({}, gaussianCard({ shape: [2, 1, 1] })).request.count).toBe(2000);
  });

  it("become a request", () => {
    const given = { count: "4", seed: "9007199254740991", steps: "30", sampler: "heun", label: "dog" };
    expect(read(given).request).toEqual({
      count: 4,
      seed: Number.MAX_SAFE_INTEGER,
      steps: 30,
      sampler: "heun",
      label: "dog",
    });
  });

  it.each([
    ["cat", "cat"],
    ["7", "7"], // a class of that name
    ["1", 1],
    ["-1", -1],
    ["cat, 1,7", ["cat", 1, "7"]],
    ["bird", "bird"], // refused by the plan, which lists the known
  ] as const)("label=%j is %j", (text, label) => {
    expect(read({ label: text }).request.label).toEqual(label);
  });

  it.each([
    ["count", "many", "invalid count: many (need an integer >= 1)"],
    ["count", "0", "invalid count: 0 (need an integer >= 1)"],
    ["steps", "2.5", "invalid steps: 2.5 (need an integer >= 1)"],
    ["seed", "-1", "invalid seed: -1 (need an integer >= 0)"],
    ["columns", "x", "invalid columns: x (need an integer >= 1)"],
    ["duration", "-2", "invalid duration: -2 (need seconds >= 0)"],
    ["view", "sharp", "unknown view: sharp (known: x, scaled, denoised)"],
  ])("%s=%j is refused", (name, text, message) => {
    expect(() => read({ [name]: text })).toThrow(new RangeError(message));
  });
});

it("images stand as near to a square as can be", () => {
  expect([1, 2, 4, 6, 8, 9, 10, 12, 16, 18, 64].map(evenColumns)).toEqual([1, 2, 2, 3, 4, 3, 5, 4, 4, 6, 8]);
});
