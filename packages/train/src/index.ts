export * from "./batches.ts";
export * from "./engine.ts";
export * from "./metrics.ts";
export * from "./preview.ts";
export * from "./probe.ts";
export * from "./trainer.ts";
