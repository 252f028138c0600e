/** The likelihood of data under a score model. */
export {
  bitsPerDimension,
  dequantised,
  measuredBits,
  type Dimensions,
  type Measured,
} from "./bits-per-dimension.ts";
export { estimatedLogDensity, exactLogDensity, signs, type LogDensities } from "./log-density.ts";
export { probabilityFlow, type Flow, type FlowOptions } from "./probability-flow.ts";
