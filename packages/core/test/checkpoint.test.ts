import { describe, expect, it } from "vitest";
import {
  decodeCheckpoint,
  decodeCheckpointHead,
  encodeCheckpoint,
  group,
  stateGroups,
  type Checkpoint,
} from "../src/checkpoint.ts";
import { networks } from "../src/networks/index.ts";
import { recipes } from "../src/recipes/index.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  safetensorsStart,
  type Tensor,
} from "../src/safetensors.ts";

const tensor = (...data: number[]): Tensor => ({ shape: [data.length], data: Float32Array.from(data) });

const checkpoint = (recipe: (typeof recipes)[keyof typeof recipes]): Checkpoint => ({
  config: {
    version: 1,
    name: "a run",
    seed: 2 ** 40 + 1,
    recipe,
    model: {
      network: { name: "mlp", options: networks.mlp.defaults },
      parameterization: recipe.parameterization,
      sigmaData: recipe.sigmaData,
    },
    dataset: { name: "two-moons", size: null, options: { noise: 0.1, colour: false } },
    shape: [2, 1, 1],
    pixels: { scale: 0.1 + 0.2, offset: -1 / 3 },
    batch: 64,
    steps: 1000,
  },
  step: 17,
  probe: {
    key: [4294967295, 1],
    sigmas: [0.002, 80],
    positions: [0, 1],
    scores: [
      [1 / 3, -2],
      [1e-12, 3e8],
    ],
    tolerance: 1e-4,
  },
  state: new Map([
    ["raw/in.weight", tensor(1, 2)],
    ["ema/in.weight", tensor(3, 4)],
    ["adam.m/in.weight", tensor(5, 6)],
    ["adam.v/in.weight", tensor(7, 8)],
    ["adam.v/raw/odd", tensor(9)],
  ]),
});

describe("checkpoints", () => {
  it.each(Object.entries(recipes))("of the recipe %s come back as they were", (_, recipe) => {
    const before = checkpoint(recipe);
    expect(decodeCheckpoint(encodeCheckpoint(before))).toEqual(before);
  });

  it("are safetensors files that any reader opens", () => {
    const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(checkpoint(recipes.edm)));
    expect([...tensors.keys()]).toEqual([...checkpoint(recipes.edm).state.keys()]);
    expect(Object.values(metadata).every((value) => typeof value === "string")).toBe(true);
  });

  it("say what they are in their first bytes, without their tensors", () => {
    const { state, ...rest } = checkpoint(recipes.edm);
    const bytes = encodeCheckpoint({ ...rest, state });
    const start = safetensorsStart(bytes.subarray(0, 8));
    expect(bytes.length - start).toBe(36); // nine values
    expect(decodeCheckpointHead(bytes.subarray(0, start))).toEqual(rest);
    expect(() => decodeCheckpointHead(bytes.subarray(0, start - 20))).toThrow(SafetensorsError);
    expect(() => decodeCheckpointHead(encodeSafetensors(new Map()))).toThrow(
      "not a checkpoint of a training run",
    );
    expect(() => safetensorsStart(bytes.subarray(0, 7))).toThrow("a safetensors file has at least 8 bytes");
  });

  it("hold their tensors in groups", () => {
    const { state } = checkpoint(recipes.edm);
    expect(stateGroups.map((name) => [...group(state, name).keys()])).toEqual([
      ["in.weight"],
      ["in.weight"],
      ["in.weight"],
      ["in.weight", "raw/odd"],
    ]);
    expect(group(state, "ema").get("in.weight")).toBe(state.get("ema/in.weight"));
  });

  const metadata = (json: string) => encodeSafetensors(new Map(), { "ncsn.checkpoint": json });
  it.each([
    [
      "other safetensors",
      encodeSafetensors(new Map()),
      "a safetensors file, but not a checkpoint of a training run",
    ],
    ["damaged metadata", metadata("{"), "the checkpoint's metadata are not JSON; the file is damaged"],
    ["null", metadata("null"), "unknown checkpoint version: undefined (this release reads version 1)"],
    [
      "no configuration",
      metadata("{}"),
      "unknown checkpoint version: undefined (this release reads version 1)",
    ],
    [
      "a later version",
      metadata('{"config":{"version":2}}'),
      "unknown checkpoint version: 2 (this release reads version 1)",
    ],
  ])("refuse %s", (_, bytes, message) => {
    expect(() => decodeCheckpoint(bytes)).toThrow(new SafetensorsError(message));
  });
});
