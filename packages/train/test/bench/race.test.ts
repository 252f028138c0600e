/** Contenders that are a line of JavaScript each, and answer made-up times. */
import { describe, expect, it } from "vitest";
import { enter, type Entry } from "../../src/bench/contender.ts";
import { race } from "../../src/bench/race.ts";

const entry = (name: string, script: string): Entry => ({
  name,
  executable: process.execPath,
  args: ["--input-type=module", "-e", script],
});

/** Takes that many seconds a repetition, or says so. */
const pretending = (name: string, seconds: number): Entry =>
  entry(
    name,
    `import { createInterface } from "node:readline";
     console.log(JSON.stringify({ description: "${name}", parameters: 7 }));
     for await (const line of createInterface({ input: process.stdin })) {
       const [command, repetitions] = line.split(" ");
       console.log(command === "memory" ? 1e6 : ${seconds} * Number(repetitions));
     }`,
  );

describe("a race", () => {
  it("finds the speed of each, in turns", async () => {
    const lines: string[] = [];
    const options = { command: "train", work: 64, seconds: 2, rounds: 3 } as const;
    const found = await race([pretending("hare", 0.001), pretending("tortoise", 4)], {
      ...options,
      report: (line) => lines.push(line),
      signal: new AbortController().signal,
    });
    expect(found.map(({ name, parameters, memory }) => [name, parameters, memory])).toEqual([
      ["hare", 7, 1e6],
      ["tortoise", 7, 1e6],
    ]);
    for (const value of found[0].values) expect(value).toBeCloseTo(64_000);
    expect(found[1].values).toEqual([16, 16, 16]);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe("round 3 of 3: hare 64,000, tortoise 16.0");
  });

  it("ends after a turn", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const racing = race([pretending("hare", 1)], {
      command: "train",
      work: 1,
      seconds: 1,
      rounds: 1000,
      report: () => controller.abort(reason),
      signal: controller.signal,
    });
    await expect(racing).rejects.toBe(reason);
  });

  it.each([
    ["an error", `throw new TypeError("no such backend")`, "slow: no such backend"],
    ["words on stderr", `console.error("bus\\nerror"); process.exit(1)`, "slow: error"],
    ["silence", `process.exit(3)`, "slow: it ended with exit code 3"],
  ])("says why a contender does not start: %s", async (_, script, message) => {
    await expect(enter(entry("slow", script))).rejects.toThrow(message);
  });

  it("says why a contender gave up", async () => {
    const hello = JSON.stringify({ description: "", parameters: 0 });
    const quitting = await enter(
      entry(
        "slow",
        `console.log('${hello}'); process.stdin.once("data", () => { throw new Error("tired"); })`,
      ),
    );
    await expect(quitting.ask("train", 1)).rejects.toThrow("slow: tired");
    await quitting.close();
  });

  it("says which program there is not", async () => {
    await expect(enter({ name: "peer", executable: "no-such-program", args: [] })).rejects.toThrow(
      "peer: spawn no-such-program ENOENT",
    );
  });
});
