/**
 * Documents whose code runs: the `js` fences of a Markdown text are one program, and a `text` fence after one is what it
 * prints.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { root } from "./native-package.js";

/**
 * A snippet.
 *
 * @typedef {object} Fence
 * @property {string} code
 * @property {number} at Where in the text the output begins that it is said to print; 0 where nothing is said.
 * @property {string | undefined} said That output.
 */

/** Between the output of one snippet and of the next. */
const mark = "\u0001";

/**
 * The snippets of a text, in order.
 *
 * @param {string} markdown
 * @returns {Fence[]}
 */
export function fencesOf(markdown) {
  return [...markdown.matchAll(/^```js\n(.*?)^```\n(\n```text\n(.*?)\n```$)?/gms)].map((match) => {
    const [whole, code = "", block, said] = match;
    const at = match.index + whole.length - "\n```".length - (said?.length ?? 0);
    return { code, at: block === undefined ? 0 : at, said };
  });
}

/**
 * Runs the snippets of a text in a process of their own.
 *
 * @param {string} markdown
 * @param {string} folder Where the files go that they write.
 * @returns {Promise<(Fence & { output: string })[]>} each with what it printed
 * @throws Error with what the process said, where a snippet fails
 */
export async function runFences(markdown, folder) {
  const fences = fencesOf(markdown);
  // Packages are found from the folder in which the process starts; the files go where it then is.
  const program = [`process.chdir(${JSON.stringify(folder)});`]
    .concat(fences.map(({ code }) => `${code}\nprocess.stdout.write(${JSON.stringify(mark)});`))
    .join("\n");
  const outputs = (await printed(program)).split(mark);
  return fences.map((fence, i) => ({ ...fence, output: (outputs[i] ?? "").trimEnd() }));
}

/** @param {string} program @returns {Promise<string>} */
function printed(program) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-"], { cwd: root });
    let [output, complaint] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (/** @type {string} */ text) => (complaint += text));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`the snippets end with ${code}: ${complaint}`));
    });
    child.stdin.end(program);
  });
}
