import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { encodeCheckpoint, type Checkpoint } from "@ncsn/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { measureProbe } from "../src/probe.ts";
import { writeAtomically } from "../src/run/atomic-write.ts";
import type { WrittenLine } from "../src/run/metrics-file.ts";
import { createRun, enterRun } from "../src/run/run-folder.ts";
import { newestRun, readRun, runExists } from "../src/run/saved-run.ts";
import { temporaryFolder } from "./datasets/temporary-folder.ts";
import { mixtureOf, openEngine, tinyConfig } from "./tiny-config.ts";

const dataset = mixtureOf();
const config = tinyConfig({
  dataset,
  network: "mlp",
  options: { width: 4, layers: 1, features: 2 },
  steps: 50,
  batch: 4,
});
const path = join("runs", "tiny");

async function checkpointAt(step: number): Promise<Checkpoint> {
  const engine = await openEngine(config);
  const checkpoint = {
    config,
    step,
    probe: await measureProbe(config, engine, step),
    state: await engine.state(),
  };
  await engine.dispose();
  return checkpoint;
}

const line = (step: number): WrittenLine => ({
  step,
  loss: 1,
  lossBySigma: [],
  gradNorm: 1,
  rate: 1,
  emaDecay: 0,
  imagesPerSecond: 1,
  seconds: step / 10,
});

const home = process.cwd();
beforeEach(() => process.chdir(temporaryFolder()));
afterEach(() => process.chdir(home));

describe("a file written atomically", () => {
  it("replaces what was there, and leaves nothing beside it", async () => {
    await writeAtomically("a", "one");
    await writeAtomically("a", "two");
    expect(readFileSync("a", "utf8")).toBe("two");
    expect(readdirSync(".")).toEqual(["a"]);
  });

  it("is named in the error where it cannot be written, and what was there stays", async () => {
    mkdirSync("a");
    await expect(writeAtomically("a", "one")).rejects.toThrow(/^cannot write a: E/);
    expect(readdirSync(".")).toEqual(["a"]);
    await expect(writeAtomically("no/b", "one")).rejects.toThrow(/^cannot write no\/b: ENOENT/);
  });
});

describe("a run's folder", () => {
  it("begins with the configuration, and is refused to a second run of the name", async () => {
    const folder = await createRun(config);
    await folder.close();
    expect(readdirSync(path).sort()).toEqual(["config.json", "samples"]);
    expect(await readRun("tiny")).toEqual({ config });
    await expect(createRun(config)).rejects.toThrow(
      "run tiny exists: continue it with --resume tiny, or take another --name",
    );
  });

  it("takes over a folder in which nothing was begun", async () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, ".config.json.123.tmp"), "{");
    expect(await runExists("tiny")).toBe(false);
    await (await createRun(config)).close();
    expect(readdirSync(path).sort()).toEqual(["config.json", "samples"]);
  });

  it("gives back the checkpoint that was saved", async () => {
    const folder = await createRun(config);
    const checkpoint = await checkpointAt(7);
    await folder.saveCheckpoint(checkpoint);
    await folder.close();
    expect((await readRun("tiny")).checkpoint).toEqual(checkpoint);
    expect(await newestRun()).toBe("tiny");
  });

  it("is cleared of what a killed process left half-written", async () => {
    await (await createRun(config)).close();
    const leftovers = [
      join(path, ".checkpoint.safetensors.99.tmp"),
      join(path, "samples", ".step-0000001.png.99.tmp"),
    ];
    for (const file of leftovers) writeFileSync(file, "half");
    await (await enterRun("tiny")).close();
    expect(leftovers.filter(existsSync)).toEqual([]);
  });

  it("has its metrics cut back to the checkpoint, with a line that was left half-written", async () => {
    const folder = await createRun(config);
    expect(await folder.startMetrics(0)).toBeUndefined();
    for (const step of [10, 20, 30]) await folder.appendMetrics(line(step));
    await folder.close();
    writeFileSync(join(path, "metrics.jsonl"), '{"step":40,"lo', { flag: "a" });

    const again = await enterRun("tiny");
    expect(await again.startMetrics(25)).toEqual(line(20));
    await again.appendMetrics(line(30));
    await again.close();
    const written = readFileSync(join(path, "metrics.jsonl"), "utf8");
    expect(written).toBe([10, 20, 30].map((step) => `${JSON.stringify(line(step))}\n`).join(""));
  });

  it("keeps only whole lines of metrics, whatever stands in the file", async () => {
    await (await createRun(config)).close();
    writeFileSync(
      join(path, "metrics.jsonl"),
      `${JSON.stringify(line(10))}\n\u0000\u0000\u0000\n${JSON.stringify(line(20))}\n`,
    );
    const folder = await enterRun("tiny");
    expect(await folder.startMetrics(50)).toEqual(line(10));
    await folder.close();
    expect(readFileSync(join(path, "metrics.jsonl"), "utf8")).toBe(`${JSON.stringify(line(10))}\n`);
  });
});

describe("a damaged run", () => {
  const file = join(path, "checkpoint.safetensors");

  it.each([
    ["is empty", () => new Uint8Array(), "a safetensors file has at least 8 bytes, this has 0"],
    ["is cut off", (bytes: Uint8Array) => bytes.subarray(0, -40), "the file is truncated or damaged"],
    ["is something else", () => new TextEncoder().encode("GIF89a, a picture"), "damaged"],
    [
      "is cut off in its header",
      (bytes: Uint8Array) => bytes.subarray(0, 500),
      "is longer than the file of 500",
    ],
  ])("is refused where its checkpoint %s", async (_, damage, message) => {
    await (await createRun(config)).close();
    writeFileSync(file, damage(encodeCheckpoint(await checkpointAt(7))));
    await expect(readRun("tiny")).rejects.toThrow(`damaged ${file}: `);
    await expect(readRun("tiny")).rejects.toThrow(message);
  });

  it("is refused where a tensor is missing, is of another shape, or is not finite", async () => {
    await (await createRun(config)).close();
    const checkpoint = await checkpointAt(7);
    const name = "adam.v/in.weight";
    const { shape, data } = checkpoint.state.get(name) ?? { shape: [], data: new Float32Array() };
    const write = (tensor?: { shape: readonly number[]; data: Float32Array }) => {
      const state = new Map(checkpoint.state);
      state.delete(name);
      if (tensor !== undefined) state.set(name, tensor);
      writeFileSync(file, encodeCheckpoint({ ...checkpoint, state }));
    };
    const missing = `damaged ${file}: no tensor ${name} of shape [${shape.join(", ")}]`;
    write();
    await expect(readRun("tiny")).rejects.toThrow(missing);
    write({ shape: [data.length], data });
    await expect(readRun("tiny")).rejects.toThrow(missing);
    write({ shape, data: data.map(() => NaN) });
    await expect(readRun("tiny")).rejects.toThrow(
      `damaged ${file}: tensor ${name} has values that are not finite`,
    );
    write({ shape, data });
    expect((await readRun("tiny")).checkpoint?.step).toBe(7);
  });

  it("is refused where its configuration is not JSON, and no checkpoint holds another", async () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "config.json"), '{"version":1,');
    await expect(readRun("tiny")).rejects.toThrow(`damaged ${join(path, "config.json")}: `);
  });

  it("is refused where there is none, naming those there are", async () => {
    await expect(readRun("tiny")).rejects.toThrow("no run tiny in runs/ (there are none)");
    await expect(newestRun()).rejects.toThrow("no run in runs/ to resume");
    await (await createRun(config)).close();
    await expect(readRun("other")).rejects.toThrow("no run other in runs/ (known: tiny)");
  });
});

describe("a run's lock", () => {
  const file = join(path, "lock");

  it("keeps a second writer out as long as the first lives", async () => {
    const folder = await createRun(config);
    await expect(enterRun("tiny")).rejects.toThrow(
      `${path} is being written by process ${process.pid}; if it is not, delete ${file}`,
    );
    await folder.close();
    await (await enterRun("tiny")).close();
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ["has ended", () => ({ pid: spawnSync("true").pid, host: hostname(), began: null })],
    ["left its number to another", () => ({ pid: process.pid, host: hostname(), began: "1" })],
    ["was killed while it wrote its name", () => "{"],
  ])("is taken over from a process that %s", async (_, owner) => {
    if (process.platform !== "linux") return; // where process numbers are told apart by /proc
    await (await createRun(config)).close();
    const content = owner();
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    const folder = await enterRun("tiny");
    expect(readFileSync(file, "utf8")).toContain(`"pid":${process.pid},`);
    await folder.close();
  });

  it("is left to a process of another machine", async () => {
    await (await createRun(config)).close();
    writeFileSync(file, JSON.stringify({ pid: 1, host: "elsewhere", began: null }));
    await expect(enterRun("tiny")).rejects.toThrow("is being written by process 1 on elsewhere");
  });

  it("is given back where the run cannot be entered", async () => {
    if (process.getuid?.() === 0) return; // root may write anywhere
    await (await createRun(config)).close();
    chmodSync(join(path, "samples"), 0o500);
    writeFileSync(join(path, "samples", ".a.tmp"), "");
    await expect(enterRun("tiny")).rejects.toThrow("EACCES");
    expect(existsSync(file)).toBe(false);
  });
});
