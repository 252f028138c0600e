import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // the built page works in any folder
  build: { target: "es2022", assetsInlineLimit: 0, reportCompressedSize: false },
  worker: { format: "es" },
});
