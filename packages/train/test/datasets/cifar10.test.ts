import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { create } from "tar";
import { describe, expect, it } from "vitest";
import { openCifar10, readArchive } from "../../src/datasets/cifar10.ts";
import { refusal } from "./refusal.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A batch of two records: the given labels, and planes of red 10·label, green 1, blue 255. */
function batch(...labels: readonly number[]): Uint8Array {
  return Buffer.concat(
    labels.map((label) =>
      Buffer.concat(
        [[label], ...[10 * label, 1, 255].map((v) => Buffer.alloc(1024, v))].map((part) =>
          Uint8Array.from(part),
        ),
      ),
    ),
  );
}

describe("CIFAR-10's batches", () => {
  it("are read in the order of their names, gzipped or not, each once", async () => {
    const data = temporaryFolder({
      "data_batch_2.bin": batch(3, 4),
      "data_batch_1.bin.gz": gzipSync(batch(9, 8)),
      "data_batch_2.bin.gz": "left over, not read",
      "test_batch_first1000.bin": batch(5),
      "readme.html": "",
    });
    const train = await openCifar10({ split: "train", data });
    expect([train.size, train.shape, train.classes?.[9]]).toEqual([4, [3, 32, 32], "truck"]);
    const out = new Float32Array(3072);
    expect([0, 1, 2, 3].map((i) => train.read(i, out, 0))).toEqual([9, 8, 3, 4]);
    expect([out[0], out[1023], out[1024], out[2047], out[2048], out[3071]]).toEqual(
      [40, 40, 1, 1, 255, 255].map((value) => Math.fround(value / 255)),
    );
    expect((await openCifar10({ split: "test", data })).size).toBe(1);
  });

  it("are found in the folder that the archive unpacks to, and in the archive itself", async () => {
    const files = {
      "cifar-10-batches-bin/data_batch_2.bin": batch(1),
      "cifar-10-batches-bin/data_batch_1.bin": batch(2),
    };
    const data = temporaryFolder({ ...files, "cifar-10-batches-bin/test_batch.bin": batch(7, 7) });
    expect((await openCifar10({ split: "train", data })).size).toBe(2);
    const file = join(temporaryFolder(), "archive.tar.gz");
    await create({ file, cwd: data, gzip: true }, ["cifar-10-batches-bin"]);
    const found = await readArchive(file, "train");
    expect(found.map(({ path, bytes }) => [path, bytes[0], bytes.length])).toEqual([
      [`${file}:cifar-10-batches-bin/data_batch_1.bin`, 2, 3073],
      [`${file}:cifar-10-batches-bin/data_batch_2.bin`, 1, 3073],
    ]);
    expect(await readArchive(file, "test")).toHaveLength(1);
  });

  it.each([
    ["nothing", {}, /^missing files: no data_batch\*\.bin or \.bin\.gz in /],
    [
      "length",
      { "data_batch_1.bin": batch(1).subarray(1) },
      /^not a CIFAR-10 batch: .* \(3072 bytes, need a multiple of 3073\)$/,
    ],
    ["empty", { "data_batch_1.bin": "" }, /^not a CIFAR-10 batch: .* \(0 bytes/],
    [
      "label",
      { "data_batch_1.bin": batch(1, 10) },
      /^not a CIFAR-10 batch: .* \(label 10 at byte 3073, need 0 to 9\)$/,
    ],
    [
      "gzip",
      { "data_batch_1.bin.gz": gzipSync(batch(1)).subarray(0, 30) },
      /^truncated gzip: .*data_batch_1\.bin\.gz/,
    ],
  ])("that are bad are named in one line: %s", async (_, files, message) => {
    expect(await refusal(openCifar10({ split: "train", data: temporaryFolder(files) }))).toMatch(message);
  });
});
