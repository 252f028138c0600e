/**
 * A process of its own that tries one device, for a driver that does not fit can end the process: prints a line of JSON,
 * {"ok": true} or {"reason": "…"}.
 */
import { oneNodeModel } from "./one-node-model.ts";
import { runtime } from "./runtime.ts";
import { firstLine } from "./session.ts";

const [device = "cpu"] = process.argv.slice(2);
try {
  const { InferenceSession, Tensor } = await runtime();
  const session = await InferenceSession.create(oneNodeModel(), {
    executionProviders: [device],
    logSeverityLevel: 4,
  });
  const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(21), [1]) });
  console.log(
    JSON.stringify(
      y.data[0] === 42 ? { ok: true } : { reason: `it says that 21 + 21 is ${String(y.data[0])}` },
    ),
  );
} catch (error) {
  console.log(JSON.stringify({ reason: firstLine(error) }));
}
// Some drivers end badly; what there was to say is said.
process.exit(0);
