/** What is wrong with a file's graph, in words: rules of ONNX's checker, of ONNX Runtime and of this project. */
import { decodeModel, irVersion, opset, type OpType } from "@ncsn/export";

/** Operators with kernels for CPU, WebAssembly and WebGPU that give an image the same bits in any batch. */
const allowed: readonly OpType[] = [
  ...([
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Less",
    "Equal",
    "Cast",
    "Clip",
    "Exp",
    "Floor",
    "Relu",
    "Sigmoid",
    "Sqrt",
  ] as const),
  ...(["Conv", "AveragePool", "GlobalAveragePool", "MaxPool", "Resize", "MatMul", "Softmax"] as const),
  ...(["ReduceLogSum", "ReduceSum", "Concat", "Pad", "Reshape", "Transpose", "Identity"] as const),
];

/** Violations of a file; none if it is fine. */
export function modelProblems(bytes: Uint8Array): string[] {
  const { graph, irVersion: ir, opsets, metadata } = decodeModel(bytes);
  const problems: string[] = [];
  const say = (wrong: boolean, what: string) => wrong && problems.push(what);

  say(ir !== irVersion || irVersion !== 8, `IR version ${ir}`);
  say(
    JSON.stringify(opsets) !== JSON.stringify({ "": 17 }) || opset !== 17,
    `opsets ${JSON.stringify(opsets)}`,
  );
  say(graph.name === "", "the graph has no name");

  const keys = metadata.map(([key]) => key);
  say(new Set(keys).size !== keys.length, `metadata keys repeat: ${keys.join(", ")}`);

  const names = graph.nodes.map((node) => node.name);
  say(names.includes(""), "a node has no name");
  say(new Set(names).size !== names.length, "node names repeat");

  const known = new Set<string>();
  const make = (name: string) => {
    say(known.has(name), `${name} is made twice`);
    known.add(name);
  };
  graph.inputs.forEach(({ name }) => make(name));
  [...graph.constants.keys()].forEach(make);
  const read = new Set(graph.outputs.map((value) => value.name));
  for (const { name, op, inputs, outputs } of graph.nodes) {
    say(!allowed.includes(op), `${name} is a ${op}`);
    for (const input of inputs) {
      say(input !== "" && !known.has(input), `${name} reads ${input} before it is made`);
      read.add(input);
    }
    outputs.forEach(make);
  }
  for (const name of known) say(!read.has(name), `nothing reads ${name}`);
  for (const { name, type, shape } of graph.outputs) {
    const made = graph.values.get(name);
    say(!known.has(name), `the output ${name} is not made`);
    say(shape.length === 0, `the output ${name} has no shape`);
    say(
      made?.type !== type || made.shape.join() !== shape.join(),
      `the output ${name} is declared as [${shape.join()}]`,
    );
  }
  return problems;
}
