/**
 * A process of its own that tries one device, for a driver that does not fit can end the process: prints a line of JSON,
 * {"slowdown": its time over the cpu's} or {"reason": "…"}.
 */
import { firstLine } from "../workers/session.ts";
import { convolution, convolutionModel } from "./convolution-model.ts";
import { runtime } from "./runtime.ts";

const [device = "cpu"] = process.argv.slice(2);

/** Milliseconds of a convolution of ones, the better of two after one to warm up. @throws Error for a wrong result */
async function timeOn(provider: string): Promise<number> {
  const { InferenceSession, Tensor } = await runtime();
  const ones = (shape: readonly number[]) =>
    new Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape);
  const session = await InferenceSession.create(convolutionModel(), {
    executionProviders: [provider],
    logSeverityLevel: 4,
  });
  const { count, channels, side } = convolution;
  const feeds = { x: ones([count, channels, side, side]), w: ones([channels, channels, 3, 3]) };
  let best = Infinity;
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    const { y } = await session.run(feeds);
    if (run > 0) best = Math.min(best, performance.now() - start);
    const wrong = (y.data as Float32Array).find((value) => value !== 9 * channels);
    if (wrong !== undefined)
      throw new Error(`a convolution of ones gives ${wrong} where ${9 * channels} is right`);
  }
  return best;
}

try {
  console.log(JSON.stringify({ slowdown: (await timeOn(device)) / (await timeOn("cpu")) }));
} catch (error) {
  console.log(JSON.stringify({ reason: firstLine(error) }));
}
// Some drivers end badly; what there was to say is said.
process.exit(0);
