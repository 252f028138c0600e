import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // ONNX Runtime refuses typed arrays of another realm, which worker threads of vitest would give it.
    pool: "forks",
    // Two on two cores, where vitest would take one: much of a test is waiting for processes and pages.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    // What a page comes to is waited for; how long that takes on a busy machine decides nothing.
    expect: { poll: { timeout: 30_000 } },
  },
});
