// A model for pages, without a file and without a runtime: every image is one grey (or every point one place), and the
// score of that through noise is exact. All but the network is what every model is made of.
import { hostSpace, readCard, toPixels } from "@ncsn/core";
import { resolvePlan, samplingKey, startShard } from "@ncsn/infer";

/** Counts what models of this page have done, for tests to look at. */
export const counts = { plans: 0, steps: 0, disposed: 0 };

/**
 * @param {{ shape?: [number, number, number], grey?: number, wait?: number, card?: object, failAt?: number }} options
 *   grey in pixels; wait per step, ms; failAt: the step at which sampling fails
 * @returns {Promise<import("../../src/model.ts").Model>}
 */
export async function exactModel({ shape = [1, 4, 4], grey = 0.5, wait = 0, card: more, failAt } = {}) {
  const bytes = new Uint8Array(await (await fetch("gaussian.onnx")).arrayBuffer());
  const card = { ...readCard(bytes), name: "exact", shape, ...more };
  const dimension = shape[0] * shape[1] * shape[2];
  const mean = card.pixels.scale * grey + card.pixels.offset;
  /** @type {import("../../src/device.ts").DeviceInUse} */
  const device = {
    name: "wasm",
    threads: 2,
    workers: 1,
    unused: [{ name: "webgpu", reason: "not asked for" }],
  };

  /** @param {import("../../src/plan.ts").SampleRequest} [request] */
  async function* steps(request) {
    const plan = resolvePlan(card, request ?? {}, 8);
    const { count, first } = plan;
    const space = hostSpace({
      count,
      dimension,
      key: samplingKey(plan.seed),
      first,
      score: (x, sigma, out) => {
        for (let i = 0; i < x.length; i++) out[i] = (mean - x[i]) / (1e-6 + Number(sigma) ** 2);
        return Promise.resolve();
      },
    });
    const shard = await startShard(space, card, plan);
    for (;;) {
      request?.signal?.throwIfAborted();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const step = await shard.next();
      if (step === undefined) return;
      if (step.index === failAt) throw new Error("x is not finite any more at step 3: try another sampler");
      counts.steps += 1;
      const { index, total, sigma, evaluations } = step;
      yield {
        index,
        total,
        sigma,
        evaluations,
        async pixels(/** @type {import("../../src/model.ts").View} */ view = "x") {
          const data = toPixels(card, Float32Array.from(await shard.look(view)));
          return /** @type {const} */ ({ shape: [count, ...shape], data });
        },
      };
    }
  }

  return {
    card,
    device,
    plan(request) {
      counts.plans += 1;
      return resolvePlan(card, request ?? {}, 8);
    },
    steps,
    async sample(request) {
      let images;
      for await (const frame of steps(request)) images = await frame.pixels();
      return /** @type {import("../../src/model.ts").Images} */ (images);
    },
    score: () => Promise.reject(new Error("no page here asks for scores")),
    verify: () => Promise.resolve(0),
    dispose() {
      counts.disposed += 1;
      return Promise.resolve();
    },
  };
}
