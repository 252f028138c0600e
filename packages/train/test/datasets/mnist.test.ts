import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openMnist } from "../../src/datasets/mnist.ts";
import { refusal } from "./refusal.ts";
import { idx, temporaryFolder } from "./temporary-folder.ts";

const pixels = Uint8Array.from({ length: 12 * 3 * 4 }, (_, i) => (37 * i) % 256);
const digits = Uint8Array.from({ length: 12 }, (_, i) => (7 * i) % 10);
const images = idx([12, 3, 4], pixels);
const labels = idx([12], digits);
const [imageFile, labelFile] = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"];

describe("the files of MNIST", () => {
  it.each([
    ["plain", { [imageFile]: images, [labelFile]: labels }],
    ["gzipped", { [`${imageFile}.gz`]: gzipSync(images), [`${labelFile}.gz`]: gzipSync(labels) }],
    ["with a dot in their names", { "train-images.idx3-ubyte": images, "train-labels.idx1-ubyte": labels }],
    ["gzipped without saying so", { [imageFile]: gzipSync(images), [labelFile]: labels }],
  ])("are read %s", async (_, files) => {
    const set = await openMnist("fashion-mnist", { split: "train", data: temporaryFolder(files) });
    expect([set.name, set.size, set.shape, set.pixels]).toEqual(["fashion-mnist", 12, [1, 3, 4], true]);
    expect(set.classes).toHaveLength(10);
    const out = new Float32Array(14);
    for (let i = 0; i < 12; i++) {
      expect(set.read(i, out, 1)).toBe(digits[i]);
      expect(out).toEqual(
        Float32Array.of(0, ...Array.from(pixels.subarray(12 * i, 12 * i + 12), (v) => v / 255), 0),
      );
    }
    expect(() => set.read(12, out, 0)).toThrow("invalid item: 12 (need 0 to 11)");
  });

  it("of the test half are the t10k files", async () => {
    const data = temporaryFolder({ "t10k-images-idx3-ubyte": images, "t10k-labels-idx1-ubyte": labels });
    expect((await openMnist("mnist", { split: "test", data })).size).toBe(12);
    expect(await refusal(openMnist("mnist", { split: "train", data }))).toMatch(
      `missing file: ${join(data, imageFile)}`,
    );
  });
});

describe("a bad file of MNIST is named in one line", () => {
  const packed = gzipSync(images);
  const damaged = Buffer.from(packed);
  damaged[20] ^= 255;
  it.each([
    [
      "truncated gzip",
      { [imageFile]: packed.subarray(0, 60) },
      /^truncated gzip: .*images.* \(60 bytes; copy or/,
    ],
    ["damaged gzip", { [imageFile]: damaged }, /^damaged gzip: .*images/],
    [
      "another kind",
      { [imageFile]: "GIF89a" },
      /^not an IDX file: .*images.* \(begins with 47494638, need 00000803\)$/,
    ],
    ["labels as images", { [imageFile]: labels }, /begins with 00000801, need 00000803/],
    [
      "images as labels",
      { [labelFile]: images },
      /^not an IDX file: .*labels.* \(begins with 00000803, need 00000801\)$/,
    ],
    ["empty", { [imageFile]: "" }, /^not an IDX file: .* \(begins with nothing/],
    ["header cut", { [imageFile]: images.subarray(0, 9) }, /^truncated IDX file: .* \(9 bytes, need 16\)$/],
    [
      "pixels cut",
      { [imageFile]: images.subarray(0, 159) },
      /^truncated IDX file: .* \(159 bytes, need 160\)$/,
    ],
    [
      "too long",
      { [imageFile]: Buffer.concat([images, labels]) },
      /^damaged IDX file: .* \(180 bytes, need 160\)$/,
    ],
    ["no images", { [imageFile]: idx([0, 3, 4], new Uint8Array()) }, /^no images: .* is empty$/],
    [
      "counts",
      { [labelFile]: idx([11], digits.subarray(0, 11)) },
      /^counts disagree: 12 images in .*, 11 labels in /,
    ],
    [
      "label",
      {
        [labelFile]: idx(
          [12],
          digits.map((digit, i) => (i === 5 ? 10 : digit)),
        ),
      },
      /^invalid label: 10 in .* \(need 0 to 9\)$/,
    ],
  ])("%s", async (_, files, message) => {
    const data = temporaryFolder({ [imageFile]: images, [labelFile]: labels, ...files });
    expect(await refusal(openMnist("mnist", { split: "train", data }))).toMatch(message);
  });

  it.each([
    ["no-such-folder", /^missing folder: .*no-such-folder$/],
    [imageFile, /^not a folder: .*train-images-idx3-ubyte$/],
  ])("folder %s", async (name, message) => {
    const data = join(temporaryFolder({ [imageFile]: images }), name);
    expect(await refusal(openMnist("mnist", { split: "train", data }))).toMatch(message);
  });
});
