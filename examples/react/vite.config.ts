import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  worker: { format: "es" }, // the worker imports what it needs of ONNX Runtime, and nothing else
});
