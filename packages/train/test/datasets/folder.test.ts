import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { openFolder } from "../../src/datasets/folder.ts";
import { refusal } from "./refusal.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const red = [255, 0, 0];
const green = [0, 255, 0];
const blue = [0, 0, 255];

/** An image of one row of squares, `side` pixels each. */
function squares(colours: readonly (readonly number[])[], side = 20): Sharp {
  const channels = colours[0].length;
  const row = colours.flatMap((colour) => Array.from({ length: side }, () => colour)).flat();
  const data = Uint8Array.from({ length: side * row.length }, (_, i) => row[i % row.length]);
  return sharp(data, {
    raw: { width: side * colours.length, height: side, channels: channels as 1 | 2 | 3 | 4 },
  });
}

const png = (...colours: readonly (readonly number[])[]) => squares(colours).png().toBuffer();

/** All values of item `index`, channel by channel, as bytes. */
async function open(
  data: string,
  options: { size?: number; colour?: boolean; split?: "train" | "test" } = {},
) {
  const { dataset, notes } = await openFolder({ split: "train", data, ...options });
  const dimension = dataset.shape[0] * dataset.shape[1] * dataset.shape[2];
  const items = Array.from({ length: dataset.size }, (_, i) => {
    const values = new Float32Array(dimension);
    const label = dataset.read(i, values, 0);
    return { label, bytes: Array.from(values, (value) => Math.round(255 * value)) };
  });
  return { dataset, notes, items };
}

/** The distinct colours of an item. */
function colours(bytes: readonly number[], channels: number): string[] {
  const area = bytes.length / channels;
  const each = Array.from({ length: area }, (_, i) =>
    Array.from({ length: channels }, (_, c) => bytes[c * area + i]).join(),
  );
  return [...new Set(each)];
}

describe("a folder of images", () => {
  it("is scaled to the shorter side and cropped about the centre", async () => {
    const data = temporaryFolder({
      "wide.png": await png(red, green, blue),
      "tall.png": await squares([red, green, blue]).rotate(90).png().toBuffer(),
    });
    const { dataset, items } = await open(data, { size: 20 });
    expect([dataset.name, dataset.shape, dataset.classes]).toEqual(["folder", [3, 20, 20], undefined]);
    expect(items.map(({ bytes, label }) => [colours(bytes, 3), label])).toEqual([
      [["0,255,0"], -1],
      [["0,255,0"], -1],
    ]);
    const small = await open(data, { size: 5 });
    expect(small.items.map(({ bytes }) => bytes.length)).toEqual([75, 75]);
  });

  it("is read channel by channel, in colour or grey, from any kind of file", async () => {
    const data = temporaryFolder({
      "a-colour.png": await png([10, 20, 30]),
      "b-grey.png": await squares([[70]])
        .toColourspace("b-w")
        .png()
        .toBuffer(),
      "c-half-white.png": await png([0, 0, 0, 128]),
      "d-sixteen.png": await sharp(new Uint16Array(48).fill(200 * 257), {
        raw: { width: 4, height: 4, channels: 3 },
      })
        .toColourspace("rgb16")
        .png()
        .toBuffer(),
      "e.jpg": await squares([[90, 90, 90]])
        .jpeg()
        .toBuffer(),
      "f.webp": await squares([[40, 40, 40]])
        .webp({ lossless: true })
        .toBuffer(),
      "g.JPEG": await squares([[0, 0, 0, 0]])
        .flatten({ background: { r: 55, g: 55, b: 55 } })
        .jpeg()
        .toBuffer(),
    });
    const colour = await open(data, { size: 4 });
    expect(colour.items.map(({ bytes }) => colours(bytes, 3))).toEqual([
      ["10,20,30"],
      ["70,70,70"],
      ["127,127,127"],
      ["200,200,200"],
      ["90,90,90"],
      ["40,40,40"],
      ["55,55,55"],
    ]);
    expect(colour.notes).toEqual([]);
    const grey = await open(data, { size: 4, colour: false });
    expect(grey.dataset.shape).toEqual([1, 4, 4]);
    expect(grey.items.slice(1).map(({ bytes }) => colours(bytes, 1))).toEqual([
      ["70"],
      ["127"],
      ["200"],
      ["90"],
      ["40"],
      ["55"],
    ]);
  });

  it("is turned as the camera was held", async () => {
    const upright = await squares([red, blue], 32).withMetadata({ orientation: 6 }).png().toBuffer();
    const { items } = await open(temporaryFolder({ "a.png": upright }), { size: 32 });
    const [r, b] = [items[0].bytes.slice(0, 1024), items[0].bytes.slice(2048)];
    expect([r[0], r[31], r[992], r[1023]]).toEqual([255, 255, 0, 0]); // turned by 90°: red above blue
    expect([b[0], b[31], b[992], b[1023]]).toEqual([0, 0, 255, 255]);
  });

  it("has its subfolders as classes, in a fixed order, whatever lies beside them", async () => {
    const image = await png(red);
    const data = temporaryFolder({
      "dogs/2.png": image,
      "dogs/10.png": image,
      "cats/deep/1.png": image,
      "loose.png": image,
      "cats-b/1.png": image,
      ".hidden/1.png": image,
      "dogs/.hidden.png": image,
      "empty/notes.txt": "no image",
    });
    const { dataset, items, notes } = await open(data);
    expect(dataset.classes).toEqual(["cats", "cats-b", "dogs"]);
    // Paths by their codes: cats-b/1, cats/deep/1, dogs/10, dogs/2, loose.
    expect(items.map(({ label }) => label)).toEqual([1, 0, 2, 2, -1]);
    expect(notes).toEqual([expect.stringMatching(/^ignored 1 file of another kind/)]);
  });

  it("has two halves where it has the subfolders train and test, with one list of classes", async () => {
    const [image, other] = [await png(red), await png(blue)];
    const data = temporaryFolder({
      "train/b/1.png": image,
      "train/b/2.png": image,
      "test/a/1.png": other,
      "test/b/1.png": other,
    });
    const train = await open(data);
    const test = await open(data, { split: "test" });
    expect([train.dataset.classes, test.dataset.classes]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    expect([train.items.map(({ label }) => label), test.items.map(({ label }) => label)]).toEqual([
      [1, 1],
      [0, 1],
    ]);
    expect(test.notes).toEqual([]);
    const whole = await open(join(data, "train"), { split: "test" });
    expect(whole.notes).toEqual([expect.stringContaining("no subfolders train and test")]);
  });

  it("goes without unreadable files, counts and names them", async () => {
    const photo = await squares([red, green], 64).jpeg().toBuffer();
    const data = temporaryFolder({
      "a.png": await png(red),
      "b-corrupt.jpg": Buffer.alloc(400, 7),
      "c-cut.jpg": photo.subarray(0, photo.length / 2),
      "d-empty.png": "",
      "e.png": await png(blue),
    });
    const { items, notes } = await open(data, { size: 4 });
    expect(items.map(({ bytes }) => colours(bytes, 3))).toEqual([["255,0,0"], ["0,0,255"]]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(
      /^skipped 3 unreadable files: b-corrupt\.jpg \(.+\), c-cut\.jpg \(.+\), d-empty\.png \(.+\)$/,
    );
  });

  it("names ten unreadable files at most, and says how many more there are", async () => {
    const bad = Object.fromEntries(
      Array.from({ length: 13 }, (_, i) => [`bad-${10 + i}.png`, "not an image"]),
    );
    const { notes } = await open(temporaryFolder({ ...bad, "good.png": await png(red) }));
    expect(notes[0]).toMatch(/^skipped 13 unreadable files: bad-10\.png .*bad-19\.png \([^)]*\) and 3 more$/);
  });

  it.each([
    ["no images", { "a.txt": "", "b.csv": "" }, {}, /^no images in .* \(2 other files; need \.avif, .*\)$/],
    ["only unreadable ones", { "a.png": "x" }, {}, /^no images in .* \(1 unreadable file: a\.png \(.*\)\)$/],
    ["a size of nothing", {}, { size: 0 }, /^invalid size: 0 \(need an integer from 1 to 4096\)$/],
    ["half a pixel", {}, { size: 32.5 }, /^invalid size: 32\.5/],
  ])("with %s is refused in one line", async (_, files, options, message) => {
    expect(await refusal(openFolder({ split: "train", data: temporaryFolder(files), ...options }))).toMatch(
      message,
    );
  });
});
