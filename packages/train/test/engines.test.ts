import { readdirSync } from "node:fs";
import { probeDevice } from "@ncsn/infer/node";
import { afterAll, describe, expect, it } from "vitest";
import { engineRequest, engines, resolveEngine } from "../src/cli/engines.ts";
import { listBackends } from "../src/tfjs/available.ts";
import { refused } from "./refused.ts";
import { workFolder } from "./training-command.ts";

const { usable: cuda } = await probeDevice("cuda");

describe("an engine that is not asked for", () => {
  it("is onnxruntime where TensorFlow.js has no native backend, and says so", async () => {
    const { engine, backend, why } = await resolveEngine(engineRequest(), null);
    expect({ engine, known: engines.onnxruntime.backends.includes(backend) }).toEqual({
      engine: "onnxruntime",
      known: true,
    });
    expect(why).toMatch(/^tfjs has no native backend, see pnpm setup:tensorflow; \S/);
    expect(why).not.toContain("\n");
  });

  it("is tfjs where it has one", async () => {
    expect(await resolveEngine(engineRequest(), "tfjs-node")).toEqual({
      engine: "tfjs",
      backend: "tfjs-node",
      why: "TensorFlow's native library is installed",
    });
  });

  it.each([
    ["cpu", "onnxruntime"],
    ["webgpu", "onnxruntime"],
    ["cuda", "onnxruntime"],
    ["tfjs-node", "tfjs"],
    ["tfjs-node-gpu", "tfjs"],
  ])("is the one that has the backend %s", async (backend, engine) => {
    expect(await resolveEngine(engineRequest(undefined, backend), "tfjs-node")).toEqual({ engine, backend });
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
