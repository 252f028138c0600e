/**
 * Child of setup-cuda.js and test-cuda.js: runs a graph of one convolution on ONNX Runtime's CUDA provider and prints
 * the milliseconds of a run. A provider that does not fit can end the process, hence a process of its own.
 *
 * @module
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageFolder } from "./native-package.js";

const require = createRequire(import.meta.url);
const { InferenceSession, Tensor } = require(packageFolder("onnxruntime-node", "infer"));
const { onnx } = require(join(packageFolder("onnx-proto", "export")));

const { INT } = onnx.AttributeProto.AttributeType;
const { FLOAT } = onnx.TensorProto.DataType;
const size = 64;

/** @param {string} name @param {readonly number[]} shape */
const value = (name, shape) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
});
const model = onnx.ModelProto.encode({
  irVersion: 8,
  opsetImport: [{ domain: "", version: 17 }],
  graph: {
    name: "probe",
    node: [
      { opType: "Conv", input: ["x", "w"], output: ["y"], attribute: [{ name: "group", type: INT, i: 1 }] },
    ],
    input: [value("x", [1, size, 30, 30]), value("w", [size, size, 3, 3])],
    output: [value("y", [1, size, 28, 28])],
  },
}).finish();

/** @param {readonly number[]} shape */
const ones = (shape) => new Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape);
const session = await InferenceSession.create(model, { executionProviders: ["cuda"], logSeverityLevel: 3 });
const feeds = { x: ones([1, size, 30, 30]), w: ones([size, size, 3, 3]) };
const { y } = await session.run(feeds);
if (y.data.some((/** @type {number} */ v) => v !== 9 * size)) {
  throw new Error(`a convolution of ones gives ${y.data[0]} where ${9 * size} is right`);
}
const start = performance.now();
for (let i = 0; i < 20; i++) await session.run(feeds);
console.log(((performance.now() - start) / 20).toFixed(2));
