/** Loading and sampling in Node: on the CPU, or on a GPU by ONNX Runtime's CUDA or WebGPU provider. */
export * from "../index.ts";
export { busyFlag, marked, waitAtExit, type BusyFlag } from "./busy-flag.ts";
export { cores } from "./cores.ts";
export { nodeDevices, probeDevice, probeDevices, type DeviceReport, type NodeDevice } from "./devices.ts";
export { load, type LoadOptions } from "./load.ts";
export { readModel } from "./read-model.ts";
export { plotCurves, type Curve, type CurvePlotOptions } from "./pictures/curve-plot.ts";
export {
  gridOver,
  plotField,
  plotPlane,
  plotSamples,
  plotTrajectories,
  type Field,
  type Panel,
  type PlanePlotOptions,
} from "./pictures/plane-plot.ts";
export { viewOf, type View as PlaneView } from "./pictures/scatter-plot.ts";
export { gridGround, imageGrid, type GridOptions } from "./pictures/image-grid.ts";
export { png } from "./pictures/png.ts";
export { magnify, type Raster } from "./pictures/raster.ts";
export { svgToPng, type Ground } from "./pictures/svg-plot.ts";
export { describeDevices, type Described } from "./cli/devices-command.ts";
export { labelsOf } from "./cli/sample-request.ts";
export { asTyped, UsageError as SamplingUsageError } from "./cli/usage-error.ts";
export {
  everySamplingOption,
  samplingOptions,
  samplingRequest,
  type SamplingArguments,
  type SamplingRequest,
} from "./cli/sampling-request.ts";
