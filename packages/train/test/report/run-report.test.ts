/** Reports of runs, made of files that are written here: long runs, short ones, and those that went wrong. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeCheckpoint, normals, key, type RunConfig } from "@ncsn/core";
import { parseHTML } from "linkedom";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DivergedLine, WrittenLine } from "../../src/run/metrics-file.ts";
import { writeRunReport } from "../../src/report/write-run-report.ts";
import { temporaryFolder } from "../datasets/temporary-folder.ts";
import { mixtureOf, ramps, tinyConfig } from "../tiny-config.ts";
import { reachedOutside } from "./reached-outside.ts";

const points = { network: "mlp", options: { width: 4, layers: 1, features: 2 } } as const;
const run = (steps: number): RunConfig => tinyConfig({ dataset: mixtureOf(), ...points, steps, batch: 4 });
const folder = join("runs", "tiny");

/** Lines as a run of so many steps has them, the smallest noise without images. */
function linesOf(steps: number): WrittenLine[] {
  const noise = normals(key(5), 9 * Math.ceil(steps / 10));
  return Array.from({ length: Math.ceil(steps / 10) }, (_, i) => {
    const fall = (part: number) =>
      Number((Math.exp(-i / 300) + 0.1 * Math.exp(noise[9 * i + part])).toPrecision(6));
    return {
      step: Math.min(steps, 10 * (i + 1)),
      loss: fall(8),
      lossBySigma: [null, 1, 2, 3, 4, 5, 6, 7].map((part) => (part === null ? null : fall(part))),
      gradNorm: fall(0),
      rate: 0.001,
      emaDecay: Number(Math.min(0.999, (1 + i) / (10 + i)).toPrecision(6)),
      imagesPerSecond: 100 + i,
      seconds: i + 1,
    };
  });
}

interface Written {
  readonly config: RunConfig;
  readonly lines?: readonly (WrittenLine | DivergedLine)[];
  readonly samples?: Readonly<Record<string, Uint8Array>>;
}

function write({ config, lines = [], samples = {} }: Written): void {
  mkdirSync(join(folder, "samples"), { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "metrics.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  for (const [name, png] of Object.entries(samples)) writeFileSync(join(folder, "samples", name), png);
}

/** The report of the run that was written, as a page. */
async function report(upTo?: number) {
  const path = await writeRunReport("tiny", upTo);
  const html = readFileSync(path, "utf8");
  const { document } = parseHTML(html);
  const section = (title: string) =>
    [...document.querySelectorAll("section")].find((one) => one.querySelector("h2")?.textContent === title);
  const table = (title: string) =>
    [...(section(title)?.querySelectorAll("tbody tr") ?? [])].map((row) =>
      [...row.children].map(({ textContent }) => textContent),
    );
  return { path, html, document, section, table, lead: document.querySelector(".lead")?.textContent ?? "" };
}

const plain = (width: number, background = "#808080") =>
  sharp({ create: { width, height: width, channels: 3, background } })
    .png()
    .toBuffer();

const home = process.cwd();
beforeEach(() => process.chdir(temporaryFolder()));
afterEach(() => process.chdir(home));

describe("the report of a run", () => {
  it("has the numbers of its metrics", async () => {
    const lines = linesOf(600);
    write({ config: run(600), lines });
    const { document, table, lead, html } = await report();
    expect(document.title).toBe("Training run tiny");
    expect(lead).toMatch(
      /^edm on mixture, mlp of [\d,]+ parameters: complete after 600 steps, 4 items each; loss /,
    );
    expect(lead).toContain(`loss ${lines[59].loss} in the line of step 600.`);
    const shown = table("Loss");
    expect(shown).toHaveLength(6);
    expect([shown[0][0], shown[5][0]]).toEqual(["10", "600"]);
    for (const row of shown) {
      const line = lines.find(({ step }) => String(step) === row[0]);
      expect(row.map(Number)).toEqual([line?.step, line?.loss, line?.gradNorm, line?.rate, line?.emaDecay]);
    }
    const bySigma = table("Loss by noise level");
    expect(bySigma[0].slice(2)).toEqual(["", ""]);
    expect(bySigma.map(([from]) => Number(from))[4]).toBeCloseTo(0.4, 3); // √(0.002·80)
    expect(bySigma.map(([, to]) => to)).toEqual([...bySigma.slice(1).map(([from]) => from), "80"]);
    const last = lines.slice(54).map(({ lossBySigma }) => lossBySigma[3] ?? NaN);
    expect(Number(bySigma[3][3])).toBeCloseTo(last.reduce((a, b) => a + b) / 6, 3);
    expect(table("The run")).toContainEqual(["seed", "1"]);
    expect(document.querySelector("details pre")?.textContent).toBe(JSON.stringify(run(600), null, 2));
    expect(reachedOutside(html)).toEqual([]);
  });

  it("draws every curve with its axes named", async () => {
    write({ config: run(600), lines: linesOf(600) });
    const { document } = await report();
    const plots = [...document.querySelectorAll("figure svg")];
    const texts = plots.map((svg) => [...svg.querySelectorAll("text")].map(({ textContent }) => textContent));
    expect(texts).toHaveLength(7);
    for (const [i, labels] of texts.entries()) {
      expect(labels).toContain(i === 3 ? "σ (model units) →" : "step →");
      expect(labels.filter((label) => label?.startsWith("↑ "))).toHaveLength(1);
    }
    expect(texts[2].filter((label) => /^[\d.]+–[\d.]+$/.test(label ?? ""))).toHaveLength(7); // one part has none
    for (const svg of plots) expect(svg.innerHTML).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("sets samples of the moving average beside those of the parameters, and says where one is missing", async () => {
    const samples = {
      "step-0000100.png": await plain(300),
      "step-0000100-raw.png": await plain(300, "#400000"),
      "step-0000200.png": await plain(300),
      "step-0000300-raw.png": await plain(300),
      "step-0000400.png": await plain(300),
      "notes.txt": new Uint8Array(3),
    };
    write({ config: tinyConfig({ dataset: ramps(9), network: "scorenet", options: {}, steps: 400, batch: 4 }), lines: linesOf(300), samples }); // prettier-ignore
    const { section } = await report(300);
    const rows = [...(section("Samples")?.querySelectorAll("tbody tr") ?? [])];
    expect(rows.map((row) => row.querySelector("th")?.textContent)).toEqual([
      "step 100",
      "step 200",
      "step 300",
    ]);
    expect(rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.querySelectorAll("img").length))).toEqual([[1, 1], [1, 0], [0, 1]]); // prettier-ignore
    const [, raw] = [...rows[0].querySelectorAll("img")];
    expect(raw.className).toBe("pixels");
    expect(raw.getAttribute("src")).toBe(
      `data:image/png;base64,${samples["step-0000100-raw.png"].toString("base64")}`,
    );
    expect(raw.getAttribute("alt")).toBe("samples after 100 steps, raw");
  });

  it("sets plots of points on its own ground", async () => {
    write({ config: run(400), lines: linesOf(300), samples: { "step-0000100.png": await plain(300) } });
    const { section } = await report(300);
    expect([...(section("Samples")?.querySelectorAll("img") ?? [])].map((one) => one.className)).toEqual([
      "drawing",
    ]);
  });

  it("is under 2 MB for a run of any length, with pictures of any size", { timeout: 60_000 }, async () => {
    const noise = Buffer.from(
      Float32Array.from({ length: (3 * 700 * 700) / 4 }, (_, i) => Math.sin(i * i)).buffer,
    );
    const large = await sharp(noise, { raw: { width: 700, height: 700, channels: 3 } })
      .png()
      .toBuffer();
    expect(large.length).toBeGreaterThan(1e6);
    const names = Array.from({ length: 20 }, (_, i) => `step-${String(12_000 * (i + 1)).padStart(7, "0")}`);
    write({
      config: run(240_000),
      lines: linesOf(240_000),
      samples: Object.fromEntries(names.flatMap((name) => [[`${name}.png`, large], [`${name}-raw.png`, large]])), // prettier-ignore
    });
    const { path, document } = await report();
    expect(statSync(path).size).toBeLessThan(2e6);
    const steps = [...document.querySelectorAll(".pictures tbody th")].map(({ textContent }) => textContent);
    expect([steps.length, steps[0], steps.at(-1)]).toEqual([6, "step 12,000", "step 240,000"]);
    const longest = Math.max(...[...document.querySelectorAll("path")].map((path) => path.getAttribute("d")?.split("L").length ?? 0)); // prettier-ignore
    expect(longest).toBe(600);
  });

  it.each([
    ["no line yet", { config: run(600) }, "after 0 of 600 steps, 4 items each.", 0],
    ["one step", { config: run(1), lines: linesOf(1) }, "complete after 1 steps, 4 items each; loss ", 7],
    [
      "losses at no noise level",
      {
        config: run(20),
        lines: linesOf(20).map((line) => ({ ...line, lossBySigma: Array.from({ length: 8 }, () => null) })),
      },
      "complete after 20 steps",
      7,
    ],
    [
      "losses below zero, as sliced score matching has them",
      { config: run(20), lines: linesOf(20).map((line) => ({ ...line, loss: -line.loss })) },
      "loss -",
      7,
    ],
    ["a moving average of nothing", { config: run(20), lines: linesOf(20).map((line) => ({ ...line, emaDecay: 0 })) }, "complete", 6], // prettier-ignore
  ] satisfies [string, Written, string, number][])(
    "is written of a run with %s",
    async (_, written, said, plots) => {
      write(written);
      const { html, lead, document } = await report();
      expect(lead).toContain(said);
      expect(document.querySelectorAll("figure svg")).toHaveLength(plots);
      expect(html.replace(/<details>[^]*<\/details>/, "")).not.toMatch(/NaN|Infinity|undefined/);
    },
  );

  it("says that training diverged, and why", async () => {
    const diverged = "the loss is NaN at step 34, worst at sigma 0.0021";
    write({ config: run(600), lines: [...linesOf(30), { step: 34, diverged }] });
    const { document, lead } = await report();
    expect(document.querySelector(".note")?.textContent).toContain(`Training diverged: ${diverged}.`);
    expect(lead).toContain("after 30 of 600 steps");
  });

  it("knows the engine from a checkpoint's head, and takes a damaged one for none", async () => {
    const config = run(600);
    write({ config, lines: linesOf(30) });
    const state = new Map([["raw/a", { shape: [100_000], data: new Float32Array(100_000) }]]);
    const probe = { key: [0, 1], sigmas: [], positions: [], scores: [], tolerance: 1 } as const;
    const bytes = encodeCheckpoint({ config, step: 37, state, probe: { ...probe, sigmas: [], positions: [], scores: [] }, engine: "an engine of 1790", trainedOn: { engine: "onnxruntime", backend: "cpu" } }); // prettier-ignore
    const checkpoint = join(folder, "checkpoint.safetensors");
    writeFileSync(checkpoint, bytes.subarray(0, -1000)); // the tensors are not read
    const whole = await report();
    expect(whole.table("The run")).toContainEqual(["engine", "an engine of 1790"]);
    expect(whole.lead).toContain("after 37 of 600 steps");
    expect(whole.document.querySelector("pre.command")?.textContent).toMatch(
      / --engine onnxruntime --backend cpu$/,
    );
    writeFileSync(checkpoint, bytes.subarray(0, 100));
    expect((await report()).lead).toContain("after 30 of 600 steps");
  });

  it("is refused where there is no such run", async () => {
    await expect(writeRunReport("tiny")).rejects.toThrow("no run tiny in runs/ (there are none)");
  });
});
