/** Control: spaces made of spaces, which every sampler then samples in. */
export { guidanceCost, guided } from "./guidance.ts";
export { inpainted, type Inpainting } from "./inpainting.ts";
export { interpolated, type Interpolation } from "./interpolation.ts";
export {
  observationCost,
  observationDefaults,
  observed,
  type Observation,
  type ObservationOptions,
} from "./observation.ts";
export { upscaled, type Upscaling } from "./upscaling.ts";
