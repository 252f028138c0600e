/** Graphs as the bytes of an ONNX file. */
import pkg, { type onnx as Onnx } from "onnx-proto";
import { float16Bits } from "./float16.ts";
import type { Constant, Graph, Node } from "./graph.ts";
import { elementTypes, operators, type Attribute, type AttributeKind, type Operator } from "./operators.ts";
import type { Value } from "./value.ts";

const { onnx } = pkg; // onnx-proto is CommonJS

/** The versions that every runtime of the last years reads; later ones lose kernels on WebGPU. */
export const opset = 17;
/** IR version 8 belongs to opset 17 (ONNX 1.12). */
export const irVersion = 8;

/**
 * The bytes of a model.
 * @param metadata entries of metadata_props
 * @throws TypeError where the graph holds an operator that is not ONNX's and has to be lowered first
 */
export function encodeModel(graph: Graph, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  for (const { op, name } of graph.nodes) {
    const operator: Operator = operators[op];
    if (operator.internal)
      throw new TypeError(`cannot write ${op} ${name}: it is not an ONNX operator (lower the graph first)`);
  }
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const outputs = new Set(graph.outputs.map((value) => value.name));
  return onnx.ModelProto.encode({
    irVersion,
    opsetImport: [
      { domain: "", version: opset },
      ...runtimeDomains(graph).map((domain) => ({ domain, version: 1 })),
    ],
    producerName: "ncsn",
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeProto),
      initializer: [...graph.constants.values()].map(tensorProto),
      input: graph.inputs.map(valueProto),
      output: graph.outputs.map(valueProto),
      valueInfo: [...graph.values.values()]
        .filter(({ name }) => made.has(name) && !outputs.has(name))
        .map(valueProto),
    },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  }).finish();
}

/** The domains beside the standard one that a graph needs. */
function runtimeDomains({ nodes }: Graph): readonly string[] {
  const domains = nodes.map(({ op }) => (operators[op] as Operator).domain);
  return [...new Set(domains.filter((domain) => domain !== undefined))];
}

function nodeProto({ name, op, inputs, outputs, attributes }: Node): Onnx.INodeProto {
  const { attributes: kinds, domain, type = op }: Operator = operators[op];
  return {
    name,
    opType: type,
    domain,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, kinds[key], value)),
  };
}

function attributeProto(name: string, kind: AttributeKind, value: Attribute): Onnx.IAttributeProto {
  const { AttributeType } = onnx.AttributeProto;
  switch (kind) {
    case "float":
      return { name, type: AttributeType.FLOAT, f: Number(value) };
    case "int":
      return { name, type: AttributeType.INT, i: Number(value) };
    case "ints":
      return { name, type: AttributeType.INTS, ints: [...(value as readonly number[])] };
    case "string":
      return { name, type: AttributeType.STRING, s: new TextEncoder().encode(String(value)) };
    default:
      return kind satisfies never;
  }
}

function valueProto({ name, type, shape }: Value): Onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function tensorProto({ name, type, shape, data }: Constant): Onnx.ITensorProto {
  return { name, dataType: elementTypes[type], dims: [...shape], rawData: rawData(type, data) };
}

/** Little-endian bytes; here float64 becomes float32. */
function rawData(type: Constant["type"], data: Float64Array): Uint8Array {
  const width = { float32: 4, float16: 2, int32: 4, int64: 8, bool: 1 }[type];
  const view = new DataView(new ArrayBuffer(data.length * width));
  data.forEach((value, i) => {
    if (type === "float32") view.setFloat32(4 * i, value, true);
    else if (type === "float16") view.setUint16(2 * i, float16Bits(value), true);
    else if (type === "int32") view.setInt32(4 * i, value, true);
    else if (type === "int64") view.setBigInt64(8 * i, BigInt(value), true);
    else view.setUint8(i, value);
  });
  return new Uint8Array(view.buffer);
}
