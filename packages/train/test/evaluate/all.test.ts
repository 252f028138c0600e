/** `evaluate --all`: measures what is not measured yet, keeps it, and writes it into the documents. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Facts } from "../../src/evaluate/all/facts.ts";
import { fill, MarkError } from "../../src/evaluate/all/fill.ts";
import type { Results } from "../../src/evaluate/all/results.ts";
import { refusedBy } from "../refused.ts";
import { startCommand, workFolder } from "../training-command.ts";
import { gaussianFile } from "./gaussian-file.ts";

const measured = (findings: Results[string]["findings"]): Results[string] => ({
  command: "",
  files: {},
  findings,
});

describe("fill", () => {
  const facts: readonly Facts[] = [];
  const results = { a: measured({ n: 5000, group: { frechet: 1.2346, name: "heun" } }) };

  it.each([
    ["<!-- measured a n -->?<!-- / -->", "5,000"],
    ["<!-- measured a group.frechet 2 -->old\nlines<!-- / -->", "1.23"],
    ["<!-- measured a group.frechet %1 --><!-- / -->", "123.5 %"],
    ["<!-- measured a group.name --><!-- / -->", "heun"],
    ["<!-- measured b n -->7<!-- / -->", "–"],
  ])("%s", (mark, value) => {
    const filled = fill(`x ${mark} y`, { results, facts });
    expect(filled).toBe(`x ${mark.split(" -->")[0]} -->${value}<!-- / --> y`);
    expect(fill(filled, { results, facts })).toBe(filled);
  });

  it("makes the table of samplers, with dashes for what is to come", () => {
    const cell = (count: number, frechet: number) =>
      measured({ samples: { count, frechet }, floor: { frechet: { mean: 0.5 } }, ceiling: { frechet: 900 } });
    const some = {
      "samplers/heun/10": cell(5000, 4),
      "samplers/heun/1000": cell(1000, 2),
      "samplers/ddpm/10": cell(5000, 80.123),
    };
    expect(
      fill("<!-- table samplers -->\nold\n<!-- / table -->", { results: some, facts })
        .split("\n")
        .slice(2, -2),
    ).toEqual([
      "| evaluations |    10 | 1,000 |",
      "| ----------- | ----: | ----: |",
      "| images      | 5,000 | 1,000 |",
      "| `heun`      |  4.00 |  2.00 |",
      "| `ddpm`      |  80.1 |     – |",
      "| real images | 0.500 | 0.500 |",
      "| noise       |   900 |   900 |",
    ]);
  });

  it("makes the table of numbers of samples, by that number", () => {
    const of = (count: number) =>
      measured({
        samples: { count, frechet: 900 / count, kernel: { value: 0.5, error: 0.25 } },
        floor: { frechet: { mean: 1, deviation: 0.125 }, kernel: { mean: 0, deviation: 1 } },
      });
    const some = { other: of(5), digits: of(1000), "digits/200": of(200), "samplers/heun/10": of(3) };
    expect(
      fill("<!-- table counts -->\n<!-- / table -->", { results: some, facts }).split("\n").slice(4, 6),
    ).toEqual([
      "| 200     |    4.50 |    1.00 ± 0.13 | 0.50 ± 0.25 |    0.00 ± 1.00 |",
      "| 1,000   |    0.90 |    1.00 ± 0.13 | 0.50 ± 0.25 |    0.00 ± 1.00 |",
    ]);
  });

  it("makes the table of inpainting from a report's names", () => {
    const findings = { "top, 0": 2.449, "top, 0, rms": 0.34, "all, 0": 1.5, "all, 0, rms": 0.1, "top, 4": 1 };
    const some = Object.fromEntries(Object.entries(findings).map(([name, value]) => [name, { value }]));
    expect(
      fill("<!-- table inpainting -->\n<!-- / table -->", {
        results: { "x/inpainting": measured(some) },
        facts,
      }).split("\n"),
    ).toEqual([
      "<!-- table inpainting -->",
      "",
      "| refinements |             top |             all |",
      "| ----------- | --------------: | --------------: |",
      "| 0           | 2.45, rms 0.340 | 1.50, rms 0.100 |",
      "| 4           |     1.00, rms – |               – |",
      "",
      "<!-- / table -->",
    ]);
  });

  it.each([
    ["<!-- measured a group.kid 2 --><!-- / -->", "the measurement a has no finding group.kid"],
    ["<!-- measured a group 2 --><!-- / -->", "the measurement a has no finding group"],
    [
      "<!-- table nothing -->\n<!-- / table -->",
      "unknown table: nothing (known: counts, files, judges, images, inpainting, points, samplers)",
    ],
  ])("refuses %s", (mark, message) => {
    expect(() => fill(mark, { results, facts })).toThrow(MarkError);
    expect(() => fill(mark, { results, facts })).toThrow(message);
  });
});

describe("evaluate --all", () => {
  const folder = workFolder(afterAll);
  const few = "--model models/exact.onnx --dataset gaussian --count 200 --steps 4";
  const plan = (measurements: object) =>
    writeFileSync(
      join(folder, "models/evaluations.json"),
      JSON.stringify({
        version: 1,
        files: ["models/exact.onnx"],
        documents: ["docs/read me.md"],
        measurements,
      }),
    );
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  const all = (...args: readonly string[]) => startCommand(folder, "evaluate", "--all", ...args).done;
  beforeEach(() => {
    for (const name of ["models", "docs"]) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, "models/exact.onnx"), gaussianFile([2, 1, 1]));
    writeFileSync(join(folder, "docs/read me.md"), "of <!-- measured a/heun seed -->nobody<!-- / -->.\n");
    writeFileSync(join(folder, "models/of the user.onnx"), "");
    plan({ "a/heun": few, "a/euler": `${few} --sampler euler --seed 2` });
  });

  it("measures once what the plan has, again what has changed, and nothing else", async () => {
    expect((await all("--only", "a/euler")).stdout).toBe("models/metrics.json: 1 measurements, 1 to come\n");
    expect(read("docs/read me.md")).toBe("of <!-- measured a/heun seed -->–<!-- / -->.\n");
    const [part] = [read("models/metrics.json")];

    const whole = await all();
    expect(whole.stderr).toContain("1 of 2 measurements to make\n1/1 a/heun: pnpm evaluate --model");
    expect(read("docs/read me.md")).toBe("of <!-- measured a/heun seed -->0<!-- / -->.\n");
    expect(read("evaluations/a/heun/report.html")).toContain("<title>exact on gaussian</title>");
    const { measurements } = JSON.parse(read("models/metrics.json")) as { measurements: Results };
    expect(Object.keys(measurements)).toEqual(["a/heun", "a/euler"]);
    expect(measurements["a/euler"]).toEqual(
      (JSON.parse(part) as { measurements: Results }).measurements["a/euler"],
    );
    expect(measurements["a/euler"].findings).toEqual(JSON.parse(read("evaluations/a/euler/metrics.json")));

    const before = read("models/metrics.json");
    expect((await all()).stderr).toBe("0 of 2 measurements to make\n");
    expect(read("models/metrics.json")).toBe(before);

    plan({ "a/heun": few, "a/euler": `${few} --sampler euler --seed 3` });
    expect((await all("--dry-run")).stdout).toMatch(/^measured {2}a\/heun: .*\ndue {7}a\/euler: .*seed 3\n$/);
    writeFileSync(join(folder, "models/exact.onnx"), gaussianFile([2, 1, 1], 0.9));
    expect((await all("--dry-run")).stdout).toMatch(/^due .*\ndue .*\n$/);
  });

  it("gives the same bytes from the start", async () => {
    await all();
    const first = read("models/metrics.json");
    writeFileSync(join(folder, "models/metrics.json"), '{ "version": 1, "measurements": {} }');
    await all();
    expect(read("models/metrics.json")).toBe(first);
  });

  it.each([
    ["--seed and --all exclude each other (the plan has it)", ["--seed", "3"]],
    ["cannot read the plan none.json: ENOENT", ["--plan", "none.json"]],
    ["the plan docs/read me.md is not JSON", ["--plan", "docs/read me.md"]],
    ["unknown measurement: b (known: a/heun, a/euler)", ["--only", "b"]],
  ])("refuses: %s", async (message, args) => {
    expect(await refusedBy(folder, "evaluate", "--all", ...args)).toContain(message);
  });

  it("refuses arguments that are none of evaluate's before it measures anything", async () => {
    plan({ "a/heun": few, b: "--model models/exact.onnx --colour blue" });
    expect(await refusedBy(folder, "evaluate", "--all")).toContain(
      "bad arguments of b in the plan: Unknown argument: colour",
    );
  });
});
