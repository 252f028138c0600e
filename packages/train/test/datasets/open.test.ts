import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { key, proceduralDatasets, statistics } from "@ncsn/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { datasetNames, openDataset } from "../../src/datasets/index.ts";
import { deadAddress, fileServer } from "./file-server.ts";
import { refusal } from "./refusal.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const request = { split: "train", key: key(1) } as const;

afterEach(() => vi.unstubAllEnvs());

describe("openDataset", () => {
  it("knows the procedural sets and those of files", () => {
    expect(datasetNames).toEqual([
      ...Object.keys(proceduralDatasets),
      "mnist",
      "fashion-mnist",
      "cifar10",
      "folder",
    ]);
  });

  it.each(Object.keys(proceduralDatasets))("draws %s from the key, each half from its own", async (name) => {
    const first = async (split: "train" | "test", seed: number) => {
      const { dataset, notes } = await openDataset({ name, split, key: key(seed) });
      expect([dataset.name, notes]).toEqual([name, []]);
      const out = new Float32Array(dataset.shape.reduce((a, b) => a * b, 1));
      dataset.read(0, out, 0);
      return out;
    };
    const train = await first("train", 1);
    expect(await first("train", 1)).toEqual(train);
    expect(await first("test", 1)).not.toEqual(train);
    expect(await first("train", 2)).not.toEqual(train);
  });

  it.each([
    [
      { name: "mnits" },
      "unknown data set: mnits (known: glyphs, gaussian, mixture, two-moons, checkerboard, swiss-roll, spiral, mnist, fashion-mnist, cifar10, folder)",
    ],
    [{ name: "constructor" }, /^unknown data set: constructor \(known: /],
    [{ name: "folder" }, "missing data: the data set folder needs a folder of images, --data DIR"],
    [{ name: "folder", data: "no/such" }, "missing folder: no/such"],
    [
      { name: "glyphs", data: "here" },
      "invalid data: here (glyphs is drawn from the seed and reads no files)",
    ],
    [{ name: "glyphs", size: 64 }, "invalid size: 64 (only the data set folder has one, not glyphs)"],
    [
      { name: "mnist", colour: true },
      "invalid colour: true (only the data set folder has a choice, not mnist)",
    ],
    [{ name: "cifar10", data: "no/such" }, "missing folder: no/such"],
  ])("refuses %j", async (asked, message) => {
    expect(await refusal(openDataset({ ...request, ...asked }))).toMatch(message);
  });

  it.each([
    ["mnist", "train-images-idx3-ubyte.gz"],
    ["fashion-mnist", "train-images-idx3-ubyte.gz"],
    ["cifar10", "cifar-10-binary.tar.gz"],
  ])("says that there is no network, or that a mirror of %s gave something else", async (name, file) => {
    vi.stubEnv("XDG_CACHE_HOME", temporaryFolder());
    const dead = openDataset({ ...request, name, mirrors: [await deadAddress()] });
    expect(await refusal(dead)).toContain(`no network: cannot fetch ${file} (`);
    const portal = await fileServer((_, response) => void response.end("<html>please log in</html>"));
    const wrong = openDataset({ ...request, name, mirrors: [portal] });
    expect(await refusal(wrong)).toContain(`wrong checksum: ${file} (${portal}${file}: MD5 `);
  });
});

const real = process.env["NCSN_DATA"];
if (real === undefined)
  console.info("real data: skipped, NCSN_DATA names no folder with mnist/ and cifar10/ in it");

describe.skipIf(real === undefined)("real data", () => {
  const folder = (name: string) => join(real ?? "", name);

  it("MNIST: sizes, first digits, and the published mean and deviation of the pixels", async () => {
    const { dataset: train } = await openDataset({ ...request, name: "mnist", data: folder("mnist") });
    const { dataset: test } = await openDataset({
      ...request,
      name: "mnist",
      data: folder("mnist"),
      split: "test",
    });
    expect([train.size, test.size, train.shape]).toEqual([60_000, 10_000, [1, 28, 28]]);
    const out = new Float32Array(784);
    expect([0, 1, 2, 3, 4, 5].map((i) => train.read(i, out, 0))).toEqual([5, 0, 4, 1, 9, 2]);
    const { mean, deviation } = statistics(train);
    expect(mean).toBeCloseTo(0.1307, 4);
    expect(deviation).toBeCloseTo(0.3081, 4);
  });

  it("MNIST's test half arrives through a download with its published checksums", async () => {
    vi.stubEnv("XDG_CACHE_HOME", temporaryFolder());
    const mirror = await fileServer((asked, response) => {
      const path = join(folder("mnist"), asked.url ?? "");
      if (existsSync(path)) response.end(readFileSync(path));
      else response.writeHead(404).end();
    });
    const { dataset } = await openDataset({ ...request, name: "mnist", split: "test", mirrors: [mirror] });
    expect(dataset.size).toBe(10_000);
  });

  it("CIFAR-10: whole batches, every class about equally often, the published mean of the pixels", async () => {
    const { dataset } = await openDataset({ ...request, name: "cifar10", data: folder("cifar10") });
    expect([dataset.size % 10_000, dataset.shape]).toEqual([0, [3, 32, 32]]);
    const out = new Float32Array(3072);
    const counts = new Map<number, number>();
    for (let i = 0; i < 10_000; i++) {
      const label = dataset.read(i, out, 0);
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    expect(Math.min(...counts.values())).toBeGreaterThan(900);
    expect(statistics(dataset).mean).toBeCloseTo(0.4734, 2);
  });
});
