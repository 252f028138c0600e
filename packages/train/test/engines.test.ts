import { readdirSync } from "node:fs";
import { probeDevice } from "@ncsn/infer/node";
import { afterAll, describe, expect, it } from "vitest";
import { engineRequest, engines, reopenEngine, resolveEngine } from "../src/cli/engines.ts";
import { listBackends } from "../src/tfjs/available.ts";
import { refused } from "./refused.ts";
import { mixtureOf, tinyConfig } from "./tiny-config.ts";
import { checkpointOf, tinyRun, trainIn, workFolder } from "./training-command.ts";

const { usable: cuda } = await probeDevice("cuda");

describe("an engine that is not asked for", () => {
  it("is onnxruntime where TensorFlow.js has no library for GPUs, and says why on that device", async () => {
    const { engine, backend, why } = await resolveEngine(engineRequest(), false);
    expect({ engine, known: engines.onnxruntime.backends.includes(backend) }).toEqual({
      engine: "onnxruntime",
      known: true,
    });
    expect(why).toMatch(/^\S.*\S$/);
  });

  it("is tfjs where it has one", async () => {
    expect(await resolveEngine(engineRequest(), true)).toEqual({
      engine: "tfjs",
      backend: "tfjs-node-gpu",
      why: "TensorFlow's native library for GPUs is installed",
    });
  });

  it.each([
    ["cpu", "onnxruntime"],
    ["webgpu", "onnxruntime"],
    ["cuda", "onnxruntime"],
    ["tfjs-node", "tfjs"],
    ["tfjs-node-gpu", "tfjs"],
  ])("is the one that has the backend %s", async (backend, engine) => {
    expect(await resolveEngine(engineRequest(undefined, backend), true)).toEqual({ engine, backend });
  });
});

describe("a run that is resumed", () => {
  const folder = workFolder(afterAll);
  const run = [...tinyRun, "--engine", "tfjs", "--steps", "2", "--name", "kept"];

  it("keeps the engine that trained it, unless told", { timeout: 60_000 }, async () => {
    expect(await trainIn(folder, ...run)).toMatchObject({ code: 0 });
    expect(checkpointOf(folder, "kept").trainedOn).toEqual({ engine: "tfjs", backend: "cpu" });
    const resumed = await trainIn(folder, "--resume", "kept");
    expect(resumed.stderr).toMatch(/^tfjs on plain JavaScript$/m);
    expect(resumed.stderr).not.toContain("note:");
    const told = await trainIn(folder, "--resume", "kept", "--backend", "cpu");
    expect(told.stderr).toMatch(/^ONNX Runtime on cpu/);
  });

  it("takes another where that one cannot be had, and says why", async () => {
    const config = tinyConfig({
      dataset: mixtureOf(),
      network: "mlp",
      options: { width: 4 },
      steps: 1,
      batch: 2,
    });
    const { engine, trainedOn, note } = await reopenEngine(
      config,
      { engine: "tfjs", backend: "gone" },
      engineRequest("tfjs", "cpu"),
    );
    await engine.dispose();
    expect(trainedOn).toEqual({ engine: "tfjs", backend: "cpu" });
    expect(note).toBe(
      "tfjs on gone trained it so far: unknown backend: gone (known: auto, tfjs-node-gpu, tfjs-node, webgpu, cpu)",
    );
  });
});

if (cuda) console.log("skipped: the refusal of CUDA, which is here");
describe("a backend that is asked for", () => {
  it.skipIf(cuda)(
    "and cannot be had here is refused with the reason, before anything is written",
    async () => {
      const folder = workFolder(afterAll);
      expect(await refused(folder, "--dataset", "mixture", "--backend", "cuda")).toMatch(
        /^cannot train on cuda: \S/,
      );
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});

describe("a backend that is not asked for", () => {
  it("is on onnxruntime the cpu, unless a GPU is there that is fast", async () => {
    const { backend, why } = await engines.onnxruntime.auto();
    if (backend === "cpu") expect(why).toBe("no fast GPU is usable, see pnpm devices");
    else expect(["cuda", "webgpu"]).toContain(backend);
  });

  it("is on tfjs a native one, or plain JavaScript with a word of warning", async () => {
    const { backend, why } = await engines.tfjs.auto();
    const native = listBackends().find(
      ({ name, missing }) => name.startsWith("tfjs-node") && missing === undefined,
    );
    if (native !== undefined) expect({ backend, why }).toEqual({ backend: native.name, why: undefined });
    else {
      expect(backend).toBe("cpu");
      expect(why).toMatch(
        /^fit for nets of a few channels only, --engine onnxruntime is fast \(tfjs-node-gpu: /,
      );
    }
  });
});
