/** The documents that are programs: their snippets run, print what they are said to, and draw the pictures shown. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fencesOf, runFences } from "../scripts/run-fences.js";

const docs = join(import.meta.dirname, "..", "docs");
const folder = mkdtempSync(join(tmpdir(), "ncsn-docs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const number = /-?\d+(\.\d+)?/g;

describe.each(["tutorial.md", "datasets.md"])("docs/%s", (name) => {
  const text = readFileSync(join(docs, name), "utf8");

  it("prints what it says, and draws what it shows", async () => {
    const drawn = [...text.matchAll(/writeFile\("([^"]+)"/g)].map(([, file]) => file);
    for (const { said = "", output } of await runFences(text, folder)) {
      expect(output.replace(number, "#")).toBe(said.replace(number, "#"));
      const numbers = (of: string) => (of.match(number) ?? []).map(Number);
      const printed = numbers(output);
      // Trained networks differ a little from processor to processor: float32 sums in another order.
      numbers(said).forEach((value, i) =>
        expect(Math.abs(printed[i] - value), `${output}\nwhere ${name} has\n${said}`).toBeLessThan(
          0.03 + 0.15 * Math.abs(value),
        ),
      );
    }
    expect(drawn.length).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(drawn));
    for (const file of drawn) {
      expect(text).toContain(`](images/${file})`);
      expect(readdirSync(join(docs, "images"))).toContain(file);
    }
  });
});

it.each(["core", "infer", "train", "export"])("the snippet of packages/%s/README.md runs", async (name) => {
  const root = join(docs, "..");
  const [{ output }] = await runFences(readFileSync(join(root, "packages", name, "README.md"), "utf8"), root);
  expect(output).not.toBe("");
});

it("a snippet that fails says why", async () => {
  await expect(runFences('```js\nthrow new Error("so it is");\n```\n', folder)).rejects.toThrow("so it is");
});

it("output stands where it is said to", () => {
  const text = "a\n\n```js\nlet x;\n```\n\n```text\n12\n3\n```\n\n```js\nx = 1;\n```\n";
  const fences = fencesOf(text);
  expect(fences.map(({ code, said }) => [code, said])).toEqual([
    ["let x;\n", "12\n3"],
    ["x = 1;\n", undefined],
  ]);
  expect(text.slice(fences[0].at, fences[0].at + 4)).toBe("12\n3");
});
