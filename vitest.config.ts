import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // ONNX Runtime refuses typed arrays of another realm, which worker threads of vitest would give it.
    pool: "forks",
    testTimeout: 60_000,
  },
});
