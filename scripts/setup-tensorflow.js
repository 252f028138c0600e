/**
 * `pnpm setup:tensorflow`: adds the native part to @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu, whose own install
 * scripts this repository does not run by itself.
 *
 * The vendor's binaries are of TensorFlow 2.9 (CUDA 11.2). `--from` compiles the same small binding against the
 * libraries and headers inside a current TensorFlow wheel instead; the wheel's folder has to stay where it is.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, rm, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { commandLine, execute, Failure, givenFolder, reasonIn, run } from "./command.js";
import { manifestOf, packageFolder, replaceParts, root } from "./native-package.js";

const help = `usage: pnpm setup:tensorflow [--gpu] [--from FOLDER] [--check]

Adds the native part to TensorFlow.js, then convolves with it and prints the time.

  (no option)    the vendor's TensorFlow 2.9 for @tensorflow/tfjs-node (a download of some 100 MB)
  --gpu          the same for @tensorflow/tfjs-node-gpu (CUDA 11.2, cuDNN 8.1)
  --from FOLDER  TensorFlow as pip installed it: the tensorflow folder, its site-packages, or the virtual
                 environment. Needs python3, make and g++. With --gpu, a wheel with CUDA (tensorflow[and-cuda]).
  --check        only look whether it works

Exit: 0 it works, 1 it does not, 2 bad usage.`;

await run(async () => {
  const options = commandLine(
    {
      gpu: { type: "boolean", default: false },
      from: { type: "string" },
      check: { type: "boolean", default: false },
    },
    help,
  );
  if (options.check && options.from !== undefined) {
    throw new Failure("--check installs nothing: leave out --from", 2);
  }
  const wheel = options.from === undefined ? undefined : findWheel(options.from);
  const folder = packageFolder(options.gpu ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node", "train");
  if (options.check) return report(folder, await check(folder), options.gpu);

  /** @type {Check | undefined} */
  let checked;
  const scratch = ["build", `build-tmp-napi-v${process.versions["napi"]}`];
  const install = async () => {
    await (wheel === undefined ? installVendors(folder) : linkWheel(folder, wheel));
    for (const part of scratch) await rm(join(folder, part), { recursive: true, force: true });
    checked = await check(folder);
  };
  await replaceParts(folder, ["deps", "lib", ...scratch], install, { kept: "package.json" });
  if (checked !== undefined) report(folder, checked, options.gpu);
});

/** @typedef {{ tensorflow: string; gpu: boolean; forward: number; gradient: number }} Check times in ms */

/**
 * The `tensorflow` package folder that a path given by the user means.
 *
 * @param {string} given
 */
function findWheel(given) {
  if (process.platform !== "linux") {
    throw new Failure(`--from works on Linux only (this is ${process.platform})`, 2);
  }
  const start = givenFolder(given);
  const pythons = existsSync(join(start, "lib"))
    ? readdirSync(join(start, "lib")).filter((name) => name.startsWith("python3"))
    : [];
  const places = [".", "tensorflow", ...pythons.map((python) => `lib/${python}/site-packages/tensorflow`)];
  const candidates = places.map((place) => join(start, place));
  const found = candidates.find((place) => existsSync(join(place, "libtensorflow_framework.so.2")));
  if (found === undefined) {
    throw new Failure(
      `no TensorFlow wheel in ${given} (need the folder tensorflow with libtensorflow_framework.so.2 in it, its site-packages, or the virtual environment)`,
      2,
    );
  }
  for (const part of ["libtensorflow_cc.so.2", "include/tensorflow/c/c_api.h"]) {
    if (!existsSync(join(found, part))) {
      throw new Failure(`${found} has no ${part}: TensorFlow 2.10 or newer has it`, 2);
    }
  }
  return found;
}

/**
 * The vendor's way: the install script of the package itself.
 *
 * @param {string} folder
 */
async function installVendors(folder) {
  const script = manifestOf(folder).scripts?.["install"];
  if (script === undefined) throw new Failure(`${folder} has no install script`);
  const { code, output } = await execute(script, [], {
    cwd: folder,
    env: buildEnvironment(folder),
    shell: true,
    quiet: true,
  });
  if (code === 0 && existsSync(join(folder, "lib"))) return;
  throw new Failure(
    `the vendor's install script failed: ${reasonIn(output)} (without its download servers, --from FOLDER takes TensorFlow from a pip wheel)`,
  );
}

/**
 * Our way: the folder layout that binding.gyp expects, with links into the wheel, and the binding compiled against it.
 *
 * @param {string} folder
 * @param {string} wheel
 */
async function linkWheel(folder, wheel) {
  const missing = [];
  for (const tool of ["python3", "make", "g++"]) {
    const { code } = await execute(tool, ["--version"], { quiet: true });
    if (code !== 0) missing.push(tool);
  }
  if (missing.length > 0) {
    throw new Failure(
      `missing to compile the binding: ${missing.join(", ")} (Debian: apt-get install ${missing.join(" ")})`,
    );
  }

  const deps = join(folder, "deps");
  await mkdir(join(deps, "lib"), { recursive: true });
  await symlink(join(wheel, "include"), join(deps, "include"));
  // The first two are names the linker looks for, the others those that the loader looks for.
  for (const [name, target] of [
    ["libtensorflow.so", "libtensorflow_cc.so.2"],
    ["libtensorflow_framework.so", "libtensorflow_framework.so.2"],
    ["libtensorflow_cc.so.2", "libtensorflow_cc.so.2"],
    ["libtensorflow_framework.so.2", "libtensorflow_framework.so.2"],
  ]) {
    await symlink(join(wheel, target), join(deps, "lib", name));
  }
  // The libraries search CUDA's relative to themselves, in ../nvidia.
  const nvidia = join(dirname(wheel), "nvidia");
  if (existsSync(nvidia)) await symlink(nvidia, join(deps, "nvidia"));

  console.error(`compiling ${manifestOf(folder).name}'s binding against ${wheel}`);
  const { code, output } = await execute("node-pre-gyp", ["install", "--build-from-source", ...headers()], {
    cwd: folder,
    env: buildEnvironment(folder),
    quiet: true,
  });
  if (code !== 0) throw new Failure(`the binding does not compile: ${reasonIn(output)}`);
}

/** Node's own headers where they stand beside the program; otherwise node-gyp downloads them. */
function headers() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, "include/node/node_api.h")) ? [`--nodedir=${prefix}`] : [];
}

/**
 * As a package manager would set it for an install script.
 *
 * @param {string} folder
 */
function buildEnvironment(folder) {
  const programs = [join(folder, "node_modules/.bin"), dirname(process.execPath), process.env["PATH"] ?? ""];
  return { ...process.env, PATH: programs.join(delimiter) };
}

/** @param {string} folder */
async function check(folder) {
  const { code, output } = await execute(
    process.execPath,
    [join(root, "scripts/check-tensorflow.js"), pathToFileURL(join(folder, "dist/index.js")).href],
    { env: { TF_CPP_MIN_LOG_LEVEL: "2", ...process.env }, quiet: true },
  );
  const line = output.split("\n").find((text) => text.startsWith("{"));
  if (code === 0 && line !== undefined) return /** @type {Check} */ (JSON.parse(line));
  const { name } = manifestOf(folder);
  if (!existsSync(join(folder, "lib"))) {
    throw new Failure(
      `${name} has no native part yet (pnpm setup:tensorflow${name.endsWith("-gpu") ? " --gpu" : ""} adds it)`,
    );
  }
  throw new Failure(`${name} does not run: ${reasonIn(output)}`);
}

/**
 * @param {string} folder
 * @param {Check} found
 * @param {boolean} gpu
 */
function report(folder, found, gpu) {
  const { name, version } = manifestOf(folder);
  console.log(`${name} ${version} runs TensorFlow ${found.tensorflow} on the ${found.gpu ? "GPU" : "CPU"}`);
  console.log(
    `conv2d 64 to 64 channels, 28×28, batch 32: forward ${found.forward.toFixed(1)} ms, with the weight gradient ${found.gradient.toFixed(1)} ms`,
  );
  if (gpu && !found.gpu) throw new Failure("TensorFlow found no GPU that it can use");
}
