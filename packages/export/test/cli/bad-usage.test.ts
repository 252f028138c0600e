/** What `pnpm export` refuses, in one line. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { trained, workplace } from "./export-command.ts";

const { folder, run, save } = workplace();
const empty = workplace();

beforeAll(() => {
  const { parameters } = trained.points;
  const [[first, tensor], ...rest] = parameters;
  const broken = { ...tensor, data: tensor.data.map((value, i) => (i === 1 ? NaN : value)) };
  save("classes", trained.classes);
  save("incomplete", trained.points, { parameters: new Map(rest) });
  save("diverged", trained.points, { parameters: new Map([[first, broken], ...rest]) });
  save("copied", trained.points, { name: "points" });
  const whole = readFileSync(save("points", trained.points));
  mkdirSync(join(folder, "runs/damaged"));
  writeFileSync(join(folder, "runs/damaged/checkpoint.safetensors"), whole.subarray(0, whole.length / 2));
  mkdirSync(join(folder, "runs/begun"));
  writeFileSync(join(folder, "a-file"), "");
});

describe("bad usage", () => {
  it.concurrent.each([
    [["nope"], /^unknown run: nope \(known: classes, copied, damaged, diverged, incomplete, points\)$/],
    [["begun"], /^unknown run: begun \(known: /],
    [["a-file"], /^cannot read a-file: a safetensors file has at least 8 bytes, this has 0$/],
    [
      ["damaged"],
      /^cannot read runs.damaged.checkpoint\.safetensors: .*(truncated or damaged|longer than the file)/,
    ],
    [["incomplete"], /^cannot export runs.incomplete.checkpoint\.safetensors: the parameter \S+ is missing$/],
    [
      ["diverged"],
      /^cannot export runs.diverged.checkpoint\.safetensors: its tensor ema\/\S+ is not finite$/,
    ],
    [
      ["copied"],
      /^folder copied holds a run of the name points: give --out FILE, such as models.copied\.onnx$/,
    ],
    [["points", "--dry-run=maybe"], /^invalid dry-run: maybe \(need true or false\)$/],
    [["points", "--out", "picture.png"], /^invalid out: picture\.png \(need a name that ends in \.onnx\)$/],
    [["points", "--out", "no/folder/a.onnx"], /^cannot write no.folder.a\.onnx: ENOENT/],
    [["points", "--out", "a-file/a.onnx"], /^cannot write a-file.a\.onnx: /],
    [["points", "--out"], /^Not enough arguments following: out$/],
    [["points", "--batch", "0"], /^invalid batch: 0 \(need an integer >= 1\)$/],
    [["points", "--batch", "many"], /^invalid batch: many \(need an integer >= 1\)$/],
    [["points", "--batch", "1e9"], /^invalid batch: 1e9 \(need an integer from 1 to 65536\)$/],
    [["points", "--no-batch"], /^unknown argument: no-batch \(--batch takes a value\)$/],
    [["points", "--batch", "1", "--batch", "2"], /^--batch is given 2 times$/],
    [["points", "--check", "1"], /^invalid check: 1 \(need an integer >= 2\)$/],
    [["points", "--check", "1e15"], /^invalid check: 1e15 \(need an integer from 2 to 1000000\)$/],
    [["points", "--seed", "-1"], /^invalid seed: -1 \(need an integer >= 0\)$/],
    [["points", "--half"], /^points has no weights of 1024 numbers or more: there is nothing to halve$/],
    [["--half", "--from", "no.onnx"], /^cannot read the model no\.onnx: there is no such file$/],
    [["--half", "--from", "a-file"], /^cannot read a-file: no model card in this ONNX file/],
    [["--from", "a.onnx"], /^nothing to do with a\.onnx \(give --half, --guide or --sampler\)$/],
    [
      ["--from", "a.onnx", "--steps", "5"],
      /^no file to write \(give --out FILE; it may be the one that is read\)$/,
    ],
    [["--sampler", "heun", "--option", "eta=1", "points"], /^unknown option of heun: eta \(it has none\)$/],
    [
      ["points", "--half", "--from", "a.onnx"],
      /^--from a\.onnx is a file that is there already: it takes no run and no --batch$/,
    ],
    [["points", "--guidance", "2"], /^--guidance 2 is the weight of a guide \(give --guide RUN-OR-FILE\)$/],
    [["points", "--guide", "nope"], /^unknown run: nope \(known: /],
    [["points", "--guide", "no.onnx"], /^cannot read the model no\.onnx: there is no such file$/],
    [
      ["points", "--guide", "points", "--guidance", "much"],
      /^invalid guidance: much \(need a finite number\)$/,
    ],
    [
      ["points", "--guide", "classes"],
      /^the shape of the guide classes is \[1, 4, 4\], \[2, 1, 1\] of the model points: they must agree$/,
    ],
    [["points", "--wrong"], /^Unknown argument: wrong$/],
    [["points", "classes"], /^Unknown argument: classes$/],
  ])("%j is refused in one line", async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
    expect(
      stderr
        .trimEnd()
        .split("\n")
        .at(-1)
        ?.replace(/^error: /, ""),
    ).toMatch(message);
  });

  it("is no run at all", async () => {
    const { code, stderr } = await empty.run([]);
    expect([code, stderr]).toEqual([2, "error: no run in runs/ yet; pnpm train makes one\n"]);
  });
});
