/**
 * A real model with an exact answer: the score of N(0, s²I) seen through noise, −x/(s² + σ²), as an ONNX file with its
 * card. Tests hold what samplers make of it against closed forms.
 */
import { probeInputs, type Card, type SamplerChoice } from "@ncsn/core";
import onnxProto from "onnx-proto";

const { onnx } = onnxProto;
const { FLOAT, INT32, INT64 } = onnx.TensorProto.DataType;

export interface GaussianOptions {
  readonly shape?: Card["shape"];
  /** s, model units. */
  readonly deviation?: number;
  readonly sampler?: SamplerChoice;
  readonly pixels?: Card["pixels"];
  /** With classes the mean is `label` (and 0 for −1) instead of 0. */
  readonly classes?: readonly string[];
  /** A batch that the graph is bound to. */
  readonly batch?: number;
  /** Multiplies the score in the graph and not in the probe: a network that computes something else. */
  readonly flaw?: number;
  readonly card?: Partial<Card>;
}

export const sigmaRange = [0.01, 10] as const;

/** The card of {@link gaussianModel}. */
export function gaussianCard(options: GaussianOptions = {}): Card {
  const { shape = [1, 4, 4], deviation = 0.5, classes } = options;
  const { sampler = { name: "heun", steps: 18, options: {} }, pixels = { scale: 2, offset: -1 } } = options;
  const dimension = shape[0] * shape[1] * shape[2];
  const probe = { key: [1, 2] as const, sigmas: [0.01, 0.3, 10], positions: [0, dimension - 1] };
  const labels = classes && [0, 1, -1];
  const x = probeInputs(probe, dimension, deviation);
  const scores = probe.sigmas.map((sigma, row) =>
    probe.positions.map((at) => {
      const mean = labels ? Math.max(labels[row], 0) : 0;
      return (mean - x[row * dimension + at]) / (deviation ** 2 + sigma ** 2);
    }),
  );
  return {
    version: 1,
    name: "gaussian",
    shape,
    pixels,
    sigmaData: deviation,
    sigmaRange,
    sampler,
    ...(classes && { classes }),
    recipe: {},
    training: {},
    probe: { ...probe, scores, ...(labels && { labels }), tolerance: 1e-5 },
    ...options.card,
  };
}

/** The bytes of the model file; without a card where `options.card` is null. */
export function gaussianModel(options: GaussianOptions = {}, withCard = true): Uint8Array<ArrayBuffer> {
  const { shape = [1, 4, 4], deviation = 0.5, classes, batch, flaw = 1 } = options;
  const value = (name: string, elemType: number, dimensions: readonly number[]) => ({
    name,
    type: {
      tensorType: {
        elemType,
        shape: {
          dim: [
            batch === undefined ? { dimParam: "batch" } : { dimValue: batch },
            ...dimensions.map((dimValue) => ({ dimValue })),
          ],
        },
      },
    },
  });
  const node = (opType: string, input: string[], output: string, attribute: object[] = []) => ({
    name: output,
    opType,
    input,
    output: [output],
    attribute,
  });
  const constant = (name: string, value: number) => ({ name, dataType: FLOAT, dims: [], floatData: [value] });
  const nodes = [
    node("Mul", ["sigma", "sigma"], "squared"),
    node("Add", ["squared", "variance"], "total"),
    node("Div", ["flaw", "total"], "precision"),
    node("Reshape", ["precision", "column"], "precision4"),
    ...(classes
      ? [
          node("Cast", ["label"], "number", [
            { name: "to", type: onnx.AttributeProto.AttributeType.INT, i: FLOAT },
          ]),
          node("Relu", ["number"], "mean"),
          node("Reshape", ["mean", "column"], "mean4"),
          node("Sub", ["mean4", "x"], "away"),
        ]
      : [node("Neg", ["x"], "away")]),
    node("Mul", ["away", "precision4"], "score"),
  ];
  const bytes = onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "gaussian",
      node: nodes,
      initializer: [
        constant("variance", deviation ** 2),
        constant("flaw", flaw),
        { name: "column", dataType: INT64, dims: [4], int64Data: [-1, 1, 1, 1] },
      ],
      input: [
        value("x", FLOAT, shape),
        value("sigma", FLOAT, []),
        ...(classes ? [value("label", INT32, [])] : []),
      ],
      output: [value("score", FLOAT, shape)],
    },
    metadataProps: withCard ? [{ key: "ncsn", value: JSON.stringify(gaussianCard(options)) }] : [],
  }).finish();
  return Uint8Array.from(bytes);
}
