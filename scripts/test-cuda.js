/**
 * `pnpm test:cuda`, for a machine with a CUDA GPU: lists the devices, trains 20 steps on TensorFlow's GPU, exports, and
 * compares samples of ONNX Runtime's CUDA provider with those of the CPU. Without CUDA, one line says why.
 *
 * @module
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine, execute, Failure, run } from "./command.js";
import { root } from "./native-package.js";

const help = `usage: pnpm test:cuda

Needs a CUDA GPU, pnpm setup:tensorflow --gpu and pnpm setup:cuda. Exit: 0 CUDA agrees with the CPU, 1 it does not or
is not there, 2 bad usage.`;

/** How far pixels in [0, 1] may differ on average: the GPU multiplies in TF32, which has 10 bits of mantissa. */
const tolerance = 0.01;

await run(async () => {
  commandLine({}, help);
  await check("setup-cuda.js", "--check");
  await check("setup-tensorflow.js", "--gpu", "--check");
  await command(root, "infer", "devices");

  const folder = await mkdtemp(join(tmpdir(), "ncsn-cuda-"));
  try {
    const training = ["train", "--dataset", "glyphs", "--steps", "20", "--backend", "tfjs-node-gpu"];
    await command(folder, "train", ...training, "--name", "cuda");
    await command(folder, "export", "cuda");
    const sampling = ["sample", "--model", "models/cuda.onnx", "--count", "8", "--seed", "1"];
    for (const device of ["cuda", "cpu"]) {
      await command(folder, "infer", ...sampling, "--device", device, "--out", `${device}.npy`);
    }
    compare(await pixelsOf(join(folder, "cuda.npy")), await pixelsOf(join(folder, "cpu.npy")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** @param {string} script @param {readonly string[]} args */
async function check(script, ...args) {
  const { code, output } = await execute(process.execPath, [join(root, "scripts", script), ...args], {
    quiet: true,
  });
  if (code !== 0) throw new Failure(`no CUDA here: ${output.replace(/^[^]*error: /, "").trim()}`);
  console.log(output.trim());
}

/** Runs the command line of a package. @param {string} cwd @param {string} name @param {readonly string[]} args */
async function command(cwd, name, ...args) {
  const cli = join(root, "packages", name, "dist/cli.js");
  const { code } = await execute(process.execPath, [cli, ...args], { cwd });
  if (code !== 0) throw new Failure(`failed (exit ${code}): ${name} ${args.join(" ")}`);
}

/** The float32 values of a .npy file, whose header's length stands at byte 8. @param {string} file */
async function pixelsOf(file) {
  const bytes = await readFile(file);
  const start = 10 + bytes.readUInt16LE(8);
  return new Float32Array(new Uint8Array(bytes.subarray(start)).buffer);
}

/** @param {Float32Array} cuda @param {Float32Array} cpu */
function compare(cuda, cpu) {
  if (cuda.length !== cpu.length) throw new Failure(`cuda made ${cuda.length} values, cpu ${cpu.length}`);
  const differences = cuda.map((value, i) => Math.abs(value - cpu[i]));
  const mean = differences.reduce((a, b) => a + b, 0) / differences.length;
  const largest = differences.reduce((a, b) => Math.max(a, b), 0);
  const found = `samples on cuda and cpu differ by ${mean.toExponential(1)} on average, ${largest.toExponential(1)} at most`;
  if (!(mean <= tolerance)) throw new Failure(`${found} (allowed on average: ${tolerance})`);
  console.log(found);
}
