/**
 * Training on WebGPU, in software: SwiftShader, the Vulkan device that comes with Chromium. It is slow by hundreds, so
 * the network is tiny; what it shows is that every node of the step has a kernel there, and computes the same.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  group,
  initialise,
  key,
  networks,
  noisyBatch,
  normals,
  recipes,
  summarize,
  type Batch,
  type ScoreModel,
} from "@ncsn/core";
import { encodeModel } from "@ncsn/export";
import { probeDevice, type NodeDevice } from "@ncsn/infer/node";
import { onnxEngine, openNodeGradients, trainingGraphs, scoreTraining, type Engine } from "@ncsn/train/node";
import * as ort from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";

const swiftShader = ["/usr/lib/chromium", "/usr/lib/chromium-browser"]
  .map((folder) => join(folder, "vk_swiftshader_icd.json"))
  .find(existsSync);
if (swiftShader !== undefined) process.env.VK_ICD_FILENAMES ??= swiftShader;
const { usable, detail } = await probeDevice("webgpu");
if (!usable)
  console.log(
    `skipped, since there is no WebGPU (${detail}): Debian's chromium and libvulkan1 would give one`,
  );

const { optimiser, objective, sigmaRange, sigmaData } = recipes.edm;
const shape = [1, 4, 4];
const count = 3;
const options = {
  ...networks.unet.defaults,
  channels: 4,
  multipliers: [1, 2],
  embedding: 8,
  features: 4,
  attention: [1],
  headChannels: 4,
  classes: 3,
};
const model: ScoreModel = { network: { name: "unet", options }, parameterization: "edm", sigmaData };
const { parameters } = summarize(model, shape);
const dimension = shape.reduce((a, b) => a * b, 1);

async function open(device: NodeDevice): Promise<Engine> {
  const drawn = initialise(parameters, key(4));
  // Gains that start at 0 would hide most of the network.
  for (const { data } of drawn.values()) normals(key(5), data.length).forEach((z, i) => (data[i] += 0.3 * z));
  return onnxEngine({
    gradients: await openNodeGradients({ device, training: scoreTraining({ model, shape }), batch: count }),
    model,
    shape,
    parameters: drawn,
    optimiser,
  });
}

const batchAt = (step: number): Batch =>
  noisyBatch(
    normals(key(6 + step), count * dimension).map((z) => sigmaData * z),
    count,
    { root: key(7), step, objective, sigmaRange, model, label: Int32Array.of(-1, 0, 2) },
  );

describe.skipIf(!usable)("WebGPU", () => {
  test("has a kernel for every node of a training step", async () => {
    const graphs = trainingGraphs(scoreTraining({ model, shape }), count, { kind: "portable" });
    for (const graph of [graphs.layout, graphs.body]) {
      const opening = ort.InferenceSession.create(encodeModel(graph), {
        executionProviders: ["webgpu"],
        extra: { session: { disable_cpu_ep_fallback: "1" } }, // a node without a kernel is an error
        logSeverityLevel: 4,
      });
      await expect(opening).resolves.toBeDefined();
      await (await opening).release();
    }
  });

  describe("trains as the cpu does", () => {
    let engines: Engine[];
    beforeAll(async () => {
      engines = await Promise.all((["cpu", "webgpu"] as const).map(open));
    }, 60_000);

    test("ten steps, to 1e-3", { timeout: 120_000 }, async () => {
      const hyper = { rate: 0.01, emaDecay: 0.9, clip: 10 };
      for (let step = 0; step < 10; step++) {
        const [cpu, webgpu] = await Promise.all(engines.map((engine) => engine.step(batchAt(step), hyper)));
        const mean = ({ loss }: typeof cpu): number => loss.reduce((a, b) => a + b, 0) / count;
        expect(Math.abs(mean(webgpu) / mean(cpu) - 1), `loss of step ${step}`).toBeLessThan(1e-3);
        expect(Math.abs(webgpu.gradNorm / cpu.gradNorm - 1), `gradient of step ${step}`).toBeLessThan(1e-3);
      }
      const [cpu, webgpu] = await Promise.all(
        engines.map(async (engine) => group(await engine.state(), "raw")),
      );
      for (const [name, { data }] of cpu) {
        const other = webgpu.get(name)?.data ?? [];
        const size = Math.hypot(...data);
        expect(Math.hypot(...data.map((value, i) => value - other[i])) / size, name).toBeLessThan(1e-3);
      }
      await Promise.all(engines.map((engine) => engine.dispose()));
    });
  });
});
