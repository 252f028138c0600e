/**
 * What every script here shares: options checked at the door, one line and an exit code when something is wrong,
 * child processes that end with us.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** Something the user can act on: printed as one line, without a stack. Exit 2 is bad usage, 1 a failure. */
export class Failure extends Error {
  /** @param {string} message @param {1 | 2} exitCode */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * The options given on the command line; unknown ones and stray words are bad usage.
 *
 * @template {NonNullable<import("node:util").ParseArgsConfig["options"]>} Options
 * @param {Options} options
 * @param {string} help Printed for `--help`, which ends the process.
 */
export function commandLine(options, help) {
  const words = process.argv.slice(2);
  // `npm run NAME -- --option` passes the dashes on in some package managers.
  const args = words[0] === "--" ? words.slice(1) : words;
  if (args.includes("--help") || args.includes("-h")) {
    console.log(help);
    process.exit(0);
  }
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [reason] = messageOf(error).split(/\.\s|\n/);
    throw new Failure(`${reason} (--help lists the options)`, 2);
  }
}

/**
 * Runs a script's main function and turns a Failure into one line on stderr and its exit code.
 *
 * @param {() => Promise<void>} main
 */
export async function run(main) {
  // Let the children end, then undo and leave. A terminal sends Ctrl-C to them itself, and a second one may mean
  // "at once" to them; a signal from elsewhere has to be passed on.
  let interrupted = false;
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    process.on(signal, () => {
      interrupted = true;
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      for (const child of children) child.kill(signal);
    });
  }
  try {
    await main();
  } catch (error) {
    if (interrupted) process.exitCode = 130;
    else if (error instanceof Failure) {
      console.error(`error: ${error.message}`);
      process.exitCode = error.exitCode;
    } else throw error;
  }
}

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string; env?: NodeJS.ProcessEnv; shell?: boolean; quiet?: boolean }} [options]
 *   quiet: keep the output back instead of showing it.
 * @returns {Promise<{ code: number; output: string }>} code 127 if the program does not exist, 128 if a signal ended it; output is stdout and
 *   stderr in the order of arrival, empty unless quiet.
 */
export function execute(command, args, { cwd, env = process.env, shell = false, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      shell,
      stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
    }
    children.add(child);
    /** @param {number} code */
    const end = (code) => {
      children.delete(child);
      resolve({ code, output });
    };
    child.on("error", (error) => {
      output += error.message;
      end(127);
    });
    child.on("close", (code) => end(code ?? 128));
  });
}

/**
 * The line of a failed program's output that says why.
 *
 * @param {string} output
 */
export function reasonIn(output) {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const signs = [/^\w*Error: ./, /\berror: ./i, /cannot open|not found/];
  return (
    signs.flatMap((sign) => lines.find((line) => sign.test(line)) ?? [])[0] ?? lines.at(-1) ?? "no output"
  );
}

/**
 * A folder named on the command line, relative to where the command was typed.
 *
 * @param {string} given
 */
export function givenFolder(given) {
  const folder = resolve(process.env["INIT_CWD"] ?? process.cwd(), given);
  if (!existsSync(folder)) throw new Failure(`no such folder: ${given}`, 2);
  if (!statSync(folder).isDirectory()) throw new Failure(`not a folder: ${given}`, 2);
  return folder;
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
