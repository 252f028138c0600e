/**
 * `npm start` and `npm test` on a fresh clone, where only Node and npm exist: fetches the pinned pnpm, installs what is
 * missing, builds, then runs the tour or the tests. Nothing is imported before the version of Node is known to do.
 *
 * @module
 */

const digits = "--label 0,1,2,3,4,5,6,7,8,9 --columns 10";
/**
 * The tour of `npm start`: every command as a user would type it. The steps are as many as two cores take in about two
 * minutes; told the class of each image, the network learns more in them.
 */
const tour = [
  "pnpm train --dataset glyphs --conditional --engine onnxruntime --batch 16 --rate 0.05 --steps 1800",
  "pnpm export",
  `pnpm sample --count 40 ${digits} --out images/tour.png`,
  `pnpm sample --count 20 ${digits} --out images/tour.gif`,
];
const pictures = ["images/tour.png", "images/tour.gif"];

const [major, minor] = process.versions.node.split(".").map(Number);
if (!((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22)) {
  console.error(`error: Node ${process.versions.node} is too old: 20.19 or 22.12 or newer is needed`);
  process.exit(2);
}

const { existsSync, readFileSync, statSync, writeFileSync } = await import("node:fs");
const { default: path } = await import("node:path");
const { execute, Failure, run } = await import("./command.js");
const { root } = await import("./native-package.js");

const began = performance.now();
await run(async () => {
  const [what, ...rest] = process.argv.slice(2);
  if (what !== "start" && what !== "test") {
    throw new Failure(`invalid task: ${what} (known: start, test)`, 2);
  }
  const manifest = /** @type {{ packageManager: string; scripts: Record<string, string> }} */ (
    JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"))
  );
  if (installIsDue()) await install(manifest.packageManager);
  await step("building", node("node_modules/typescript/bin/tsc", "-b"));
  if (what === "test") {
    await step("bundling", node("node_modules/vite/bin/vite.js", "build", "packages/infer"));
    return step("testing", node("node_modules/vitest/vitest.mjs", "run", ...rest));
  }

  for (const command of tour) await step(`$ ${command}`, inScripts(command, manifest.scripts));
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  console.log(`\nThe tour took ${minutes} minutes. Its pictures:`);
  for (const picture of pictures) console.log(`  ${path.join(root, picture)}`);
});

function installIsDue() {
  const lockfile = statSync(path.join(root, "pnpm-lock.yaml")).mtimeMs;
  return !existsSync(stamp()) || statSync(stamp()).mtimeMs < lockfile;
}

/** Written after a complete installation. */
function stamp() {
  return path.join(root, "node_modules", ".installed");
}

/** @param {string} packageManager As in package.json: pnpm@VERSION. */
async function install(packageManager) {
  // Windows has npx as a .cmd, which only a shell starts.
  const shell = process.platform === "win32";
  await step(`installing with ${packageManager}`, [
    "npx",
    ["-y", packageManager, "install", "--frozen-lockfile"],
    shell,
  ]);
  writeFileSync(stamp(), "");
}

/**
 * @typedef {readonly [program: string, args: readonly string[], shell?: boolean]} Command
 * @param {string} title
 * @param {Command} command
 */
async function step(title, [program, args, shell = false]) {
  console.log(`\n${title}`);
  const start = performance.now();
  const { code } = await execute(program, args, { cwd: root, shell });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (code !== 0) throw new Failure(`failed after ${seconds} s (exit ${code}): ${title}`);
  console.log(`(${seconds} s)`);
}

/** @param {string} script @param {readonly string[]} args @returns {Command} */
function node(script, ...args) {
  return [process.execPath, [script, ...args]];
}

/**
 * What a command `pnpm NAME …` of package.json runs after its build: `tsc -b && node FILE …`.
 *
 * @param {string} command
 * @param {Readonly<Record<string, string>>} scripts
 */
function inScripts(command, scripts) {
  const [, name, ...args] = command.split(" ");
  const script = scripts[name]?.split(" && node ")[1]?.split(" ");
  if (script === undefined) throw new Failure(`package.json has no command ${name}`);
  return node(script[0], ...script.slice(1), ...args);
}
