/** What of training needs Node: data sets from files, and engines on native libraries and threads. */
export * from "./index.ts";
export * from "./datasets/index.ts";
export * from "./evaluate/judge.ts";
export * from "./judge/test-judge.ts";
export * from "./judge/train-judge.ts";
export * from "./onnxruntime/node/gradients.ts";
export * from "./tfjs/available.ts";
export * from "./tfjs/backends.ts";
export * from "./tfjs/engine.ts";
