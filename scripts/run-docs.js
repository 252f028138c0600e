/**
 * Runs the snippets of the documents that are programs, shows what they print and draws their pictures.
 *
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandLine, givenFolder, run } from "./command.js";
import { root } from "./native-package.js";
import { runFences } from "./run-fences.js";

const documents = ["docs/tutorial.md", "docs/datasets.md"];
const help = `usage: node scripts/run-docs.js [--out DIR] [--write]

Runs the js snippets of ${documents.join(" and ")}, after pnpm build, and shows what each prints.

  --out DIR   where their pictures go; docs/images unless told
  --write     put what they print into the documents

Exit: 0 done, 1 a snippet fails, 2 bad usage.`;

await run(async () => {
  const { out, write = false } = commandLine({ out: { type: "string" }, write: { type: "boolean" } }, help);
  const folder = out === undefined ? join(root, "docs", "images") : givenFolder(out);
  for (const document of documents) {
    let text = await readFile(join(root, document), "utf8");
    const fences = await runFences(text, folder);
    for (const { output } of fences) if (output !== "") console.log(output);
    if (!write) continue;
    for (const { at, said, output } of fences.toReversed())
      // from the end, so that places stay
      if (said !== undefined) text = text.slice(0, at) + output + text.slice(at + said.length);
    await writeFile(join(root, document), text);
  }
});
