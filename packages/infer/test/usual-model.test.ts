/** Which model is meant where none is named: by the files of folders of runs and models. */
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { usualModel } from "../src/node/cli/usual-model.ts";
import { gaussianModel } from "./gaussian-model.ts";
import { inFolder } from "./sample-command.ts";

const judge = readFileSync(join(import.meta.dirname, "../../../models/judge-glyphs.onnx"));

/** Files in models/ by their names: when they were written, and of which run they are. */
type Files = Readonly<Record<string, { readonly time: number; readonly run: string }>>;

/** What is taken, among those files and a newer judge, with runs of these names that began at a time. */
async function taken(files: Files, runs: readonly string[], begun = 500): Promise<string> {
  let path = "";
  await inFolder(async (folder) => {
    for (const run of runs) {
      const config = join(folder, "runs", run, "config.json");
      mkdirSync(dirname(config), { recursive: true });
      writeFileSync(config, "{}");
      utimesSync(config, begun, begun);
    }
    mkdirSync(join(folder, "models"));
    const write = (name: string, bytes: Uint8Array, time: number) => {
      writeFileSync(join(folder, "models", name), bytes);
      utimesSync(join(folder, "models", name), time, time);
    };
    write("a-judge.onnx", judge, 9000);
    for (const [name, { time, run }] of Object.entries(files))
      write(name, gaussianModel({ card: { name: run } }), time);
    const usual = await usualModel(folder);
    path = `${usual.path.slice(join(folder, "models").length + 1)}, ${usual.why}`;
  });
  return path;
}

/** As a clone leaves them. */
const shipped = {
  "checkerboard.onnx": { time: 5000, run: "checkerboard" },
  "mnist.onnx": { time: 5000, run: "mnist" },
  "two-moons.onnx": { time: 5001, run: "two-moons" },
};

describe("without a name", () => {
  it("mnist.onnx is meant after a clone, whatever its files' times are", async () => {
    expect(await taken(shipped, [])).toBe("mnist.onnx, as there is none of a run in runs/");
    expect(await taken(shipped, ["begun"])).toBe("mnist.onnx, as there is none of a run in runs/");
  });

  it("a file of the clone is not a run's that is called like it, until the run is exported", async () => {
    expect(await taken(shipped, ["two-moons"], 6000)).toBe("mnist.onnx, as there is none of a run in runs/");
    const exported = { ...shipped, "two-moons.onnx": { time: 7000, run: "two-moons" } };
    expect(await taken(exported, ["two-moons"], 6000)).toBe(
      "two-moons.onnx, the newest of the runs in runs/",
    );
  });

  it("the newest file of a run is meant, by the card's name and not the file's, though others are newer", async () => {
    const own = {
      ...shipped,
      "digits.onnx": { time: 1000, run: "digits" },
      "other.onnx": { time: 2000, run: "moons" },
      "moons.onnx": { time: 3000, run: "gone" },
    };
    expect(await taken(own, ["digits", "moons"])).toBe("other.onnx, the newest of the runs in runs/");
  });

  it("the newest file is meant where there is neither; of one time the first by name", async () => {
    const files = { "old.onnx": { time: 1000, run: "x" }, "new.onnx": { time: 2000, run: "x" } };
    expect(await taken(files, [])).toBe("new.onnx, the newest");
    expect(await taken({ ...files, "even.onnx": { time: 2000, run: "x" } }, [])).toBe(
      "even.onnx, the newest",
    );
  });

  it("no judge is meant", async () => {
    await expect(taken({}, ["judge-glyphs"])).rejects.toThrow(/^no model in models\/: give --model FILE, or/);
  });
});
