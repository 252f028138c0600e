/** Sampling from a score network in an ONNX file: what the Node and the web entry share. Nothing here touches a machine. */
export * from "./control.ts";
export * from "./device.ts";
export * from "./model.ts";
export * from "./plan.ts";
export * from "./sampling-key.ts";
export * from "./shard.ts";
