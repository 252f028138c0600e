/** Sampling on the GPU of a page: a space over buffers, and scores of a network from buffer to buffer. */
export * from "./buffer-network.ts";
export * from "./gpu-scorer.ts";
export * from "./gpu-space.ts";
export * from "./while-alive.ts";
