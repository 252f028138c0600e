/**
 * `pnpm setup:cuda`: adds ONNX Runtime's CUDA provider to onnxruntime-node, whose own install script this repository
 * does not run by itself.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { commandLine, execute, Failure, givenFolder, reasonIn, run } from "./command.js";
import { manifestOf, packageFolder, replaceParts, root } from "./native-package.js";

const help = `usage: pnpm setup:cuda [--from FOLDER] [--check]

Adds the CUDA provider to ONNX Runtime (Linux x64), then runs one convolution on it.

  (no option)    by onnxruntime-node's own install script (a download of some 200 MB)
  --from FOLDER  link libonnxruntime_providers_cuda.so and libonnxruntime_providers_shared.so of the same version,
                 from ONNX Runtime's GPU release (its folder or lib) or from the pip package onnxruntime-gpu (its
                 folder, its site-packages, or the virtual environment); the folder has to stay where it is
  --check        only look whether it works

CUDA and cuDNN themselves come from the system: their libraries must be on the loader's path (LD_LIBRARY_PATH).
Exit: 0 it works, 1 it does not, 2 bad usage.`;

const needed = ["libonnxruntime_providers_cuda.so", "libonnxruntime_providers_shared.so"];
const provided = [...needed, "libonnxruntime_providers_tensorrt.so"];

await run(async () => {
  const options = commandLine({ from: { type: "string" }, check: { type: "boolean", default: false } }, help);
  if (options.check && options.from !== undefined) {
    throw new Failure("--check installs nothing: leave out --from", 2);
  }
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Failure(
      `onnxruntime-node has a CUDA provider for linux x64 only (this is ${process.platform} ${process.arch})`,
    );
  }
  const folder = packageFolder("onnxruntime-node", "infer");
  const { version } = manifestOf(folder);
  const source = options.from === undefined ? undefined : findProvider(options.from, version);
  const libraries = join(folder, "bin/napi-v6/linux/x64");
  if (options.check) {
    const missing = needed.filter((name) => !existsSync(join(libraries, name)));
    if (missing.length > 0) {
      throw new Failure(
        `onnxruntime-node has no CUDA provider yet (no ${missing.join(", no ")}): pnpm setup:cuda adds it`,
      );
    }
    return report(version, await check());
  }

  let checked = { code: 1, output: "" };
  await replaceParts(libraries, provided, async () => {
    await (source === undefined ? installVendors(folder, libraries) : linkProvider(source, libraries));
    checked = await check();
    // No answer at all: the process died in the provider. Such a one is worse than none.
    if (checked.code > 1)
      throw new Failure(`the CUDA provider ends the process: ${reasonOf(checked.output)}`);
  });
  report(version, checked);
});

/**
 * The folder with the provider's libraries that a path given by the user means.
 *
 * @param {string} given
 * @param {string} version That of onnxruntime-node.
 */
function findProvider(given, version) {
  const start = givenFolder(given);
  const pythons = existsSync(join(start, "lib"))
    ? readdirSync(join(start, "lib")).filter((name) => name.startsWith("python3"))
    : [];
  const packages = ["", ...pythons.map((python) => `lib/${python}/site-packages`)];
  const places = [".", "lib", "capi", ...packages.map((place) => join(place, "onnxruntime/capi"))];
  const found = places
    .map((place) => join(start, place))
    .find((place) => needed.every((name) => existsSync(join(place, name))));
  if (found === undefined) {
    throw new Failure(
      `no ${needed.join(" and ")} in ${given} (nor where a release or a pip package has them)`,
      2,
    );
  }
  const theirs = versionOf(found);
  if (theirs !== undefined && theirs !== version) {
    throw new Failure(
      `the provider in ${found} is of ONNX Runtime ${theirs}: onnxruntime-node needs ${version}`,
      2,
    );
  }
  if (theirs === undefined)
    console.error(`the version of the provider in ${found} is unknown: it must be ${version}`);
  return found;
}

/**
 * What a release (VERSION_NUMBER, libonnxruntime.so.VERSION) or a pip package (its dist-info) says about itself.
 *
 * @param {string} libraries
 */
function versionOf(libraries) {
  const stated = join(dirname(libraries), "VERSION_NUMBER");
  if (existsSync(stated)) return readFileSync(stated, "utf8").trim();
  const site = dirname(dirname(libraries));
  const names = [...readdirSync(libraries), ...readdirSync(site)];
  for (const name of names) {
    const match = /^libonnxruntime\.so\.(\d+\.\d+\.\d+)$|^onnxruntime_gpu-(\d+\.\d+\.\d+).*\.dist-info$/.exec(
      name,
    );
    if (match !== null) return match[1] ?? match[2];
  }
  return undefined;
}

/**
 * @param {string} folder
 * @param {string} libraries
 */
async function installVendors(folder, libraries) {
  const script = join(folder, "script/install.js");
  const { code, output } = await execute(process.execPath, [script, "--onnxruntime-node-install"], {
    cwd: folder,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "true" },
    quiet: true,
  });
  if (code === 0 && needed.every((name) => existsSync(join(libraries, name)))) return;
  throw new Failure(
    `onnxruntime-node's install script failed: ${reasonIn(output)} (without its download servers, --from FOLDER takes the libraries from a folder)`,
  );
}

/**
 * @param {string} source
 * @param {string} libraries
 */
async function linkProvider(source, libraries) {
  for (const name of provided) {
    if (existsSync(join(source, name))) await symlink(join(source, name), join(libraries, name));
  }
}

function check() {
  return execute(process.execPath, [join(root, "scripts/check-cuda.js")], { quiet: true });
}

/**
 * @param {string} version
 * @param {{ code: number; output: string }} checked
 */
function report(version, { code, output }) {
  if (code !== 0)
    throw new Failure(
      `ONNX Runtime ${version} has its CUDA provider, but it does not run here: ${reasonOf(output)}`,
    );
  console.log(
    `ONNX Runtime ${version} runs on CUDA: a convolution of 64 to 64 channels, 28×28, in ${output.trim()} ms`,
  );
}

/**
 * The loader's own words, where ONNX Runtime passes them on; they name the library that is missing.
 *
 * @param {string} output
 */
function reasonOf(output) {
  return /with error: (.+)/.exec(output)?.[1] ?? reasonIn(output);
}
