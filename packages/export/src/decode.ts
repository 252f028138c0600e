/** ONNX files read back into graphs: for passes over exported models, and for tests. */
import pkg, { type onnx as Onnx } from "onnx-proto";
import { float16OfBits } from "./float16.ts";
import { infer, type Constant, type Graph, type Node } from "./graph.ts";
import { elementTypes, isOpType, type Attribute, type Attributes } from "./operators.ts";
import type { ElementType, Value } from "./value.ts";

const { onnx } = pkg; // onnx-proto is CommonJS

export interface Model {
  readonly graph: Graph;
  readonly irVersion: number;
  /** Versions by domain; "" is the standard one. */
  readonly opsets: Readonly<Record<string, number>>;
  /** metadata_props in the file's order; keys may repeat in a bad file. */
  readonly metadata: readonly (readonly [key: string, value: string])[];
}

/**
 * The graph of a file made by {@link encodeModel}.
 * @throws TypeError where it has an operator or an element type that our graphs do not
 */
export function decodeModel(bytes: Uint8Array): Model {
  const model = onnx.ModelProto.decode(bytes);
  return {
    graph: graphOf(model.graph ?? {}),
    irVersion: Number(model.irVersion),
    opsets: Object.fromEntries(
      model.opsetImport.map(({ domain, version }) => [domain ?? "", Number(version)]),
    ),
    metadata: model.metadataProps.map(({ key, value }) => [key ?? "", value ?? ""] as const),
  };
}

function graphOf({ name, input, output, node, initializer }: Onnx.IGraphProto): Graph {
  const constants = new Map((initializer ?? []).map((tensor) => [tensor.name ?? "", constantOf(tensor)]));
  const inputs = (input ?? []).map(valueOf);
  const values = new Map<string, Value>([
    ...inputs.map((value) => [value.name, value] as const),
    ...constants,
  ]);
  const nodes = (node ?? []).map((proto) => {
    const made = nodeOf(proto);
    const given = made.inputs.map((value) => values.get(value));
    infer(made.name, made.op, given, made.attributes, constants).forEach((type, i) =>
      values.set(made.outputs[i], { name: made.outputs[i], ...type }),
    );
    return made;
  });
  return { name: name ?? "", inputs, outputs: (output ?? []).map(valueOf), nodes, constants, values };
}

function nodeOf({ name, opType, input, output, attribute }: Onnx.INodeProto): Node {
  const op = opType ?? "";
  if (!isOpType(op)) throw new TypeError(`unknown operator: ${op}`);
  const attributes: Attributes = Object.fromEntries(
    (attribute ?? []).map((proto) => [proto.name ?? "", attributeOf(proto)]),
  );
  return { name: name ?? "", op, inputs: input ?? [], outputs: output ?? [], attributes };
}

function attributeOf({ name, type, f, i, ints, s }: Onnx.IAttributeProto): Attribute {
  const { AttributeType } = onnx.AttributeProto;
  if (type === AttributeType.FLOAT) return f ?? 0;
  if (type === AttributeType.INT) return Number(i ?? 0);
  if (type === AttributeType.INTS) return (ints ?? []).map(Number);
  if (type === AttributeType.STRING) return new TextDecoder().decode(s ?? undefined);
  throw new TypeError(`unknown type of attribute ${name}: ${type}`);
}

function valueOf({ name, type }: Onnx.IValueInfoProto): Value {
  const { elemType, shape } = type?.tensorType ?? {};
  const dimensions = (shape?.dim ?? []).map(({ dimValue, dimParam }) =>
    dimParam === undefined || dimParam === null || dimParam === "" ? Number(dimValue) : dimParam,
  );
  return { name: name ?? "", type: elementTypeOf(elemType), shape: dimensions };
}

function constantOf({ name, dataType, dims, rawData }: Onnx.ITensorProto): Constant {
  const type = elementTypeOf(dataType);
  const bytes = rawData ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = (dims ?? []).map(Number);
  const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => {
    if (type === "float32") return view.getFloat32(4 * i, true);
    if (type === "float16") return float16OfBits(view.getUint16(2 * i, true));
    if (type === "int32") return view.getInt32(4 * i, true);
    if (type === "int64") return Number(view.getBigInt64(8 * i, true));
    return view.getUint8(i);
  });
  return { name: name ?? "", type, shape, data };
}

function elementTypeOf(number: number | null | undefined): ElementType {
  const found = (Object.keys(elementTypes) as ElementType[]).find((type) => elementTypes[type] === number);
  if (found === undefined) throw new TypeError(`unknown element type: ${number}`);
  return found;
}
