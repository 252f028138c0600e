/** The shapes interpreter: runs a network on shapes alone, for its table of parameters and its cost. */
import { biasInit, weightInit, type Init, type Nn, type Shape } from "../nn.ts";
import { applyScore, type ScoreModel } from "../parameterization.ts";
import { purposes, fillNormals, splitByName, split, uniforms, type Key } from "../rng.ts";
import type { Tensor } from "../safetensors.ts";

/** A learned array of a network, in canonical layout. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Init;
}

/** What a network is made of and what one evaluation costs. */
export interface Summary {
  readonly parameters: readonly Parameter[];
  /** Number of learned values. */
  readonly size: number;
  /** Multiply–adds of convolutions, dense layers and attention for one image. */
  readonly multiplyAdds: number;
  /** Values of all intermediate images and vectors of one image: a measure of training's memory. */
  readonly activations: number;
}

/**
 * The parameter table and cost of a score model on images of one shape.
 * @throws TypeError where the network uses one parameter name for two shapes
 */
export const summarize = (model: ScoreModel, shape: Shape): Summary =>
  summarizeUse((nn) => applyScore(nn, model, [1, ...shape], [1, 1], [1, 1]));

/**
 * The parameter table and cost of whatever is said over the vocabulary.
 * @throws TypeError where one parameter name is used for two shapes
 */
export function summarizeUse(say: (nn: Nn<Shape, Shape, Shape>) => unknown): Summary {
  const parameters = new Map<string, Parameter>();
  const cost = { multiplyAdds: 0, activations: 0 };
  say(shapesNn(parameters, cost));
  const list = [...parameters.values()];
  return { parameters: list, size: list.reduce((sum, p) => sum + elements(p.shape), 0), ...cost };
}

/** Draws every parameter on the host, each from its own name's key, so that no engine has a say in it. */
export function initialise(parameters: readonly Parameter[], root: Key): Map<string, Tensor> {
  const parent = split(root, purposes.init);
  return new Map(
    parameters.map(({ name, shape, init }) => [
      name,
      { shape, data: draw(init, elements(shape), splitByName(parent, name)) },
    ]),
  );
}

function draw(init: Init, count: number, key: Key): Float32Array {
  switch (init.kind) {
    case "constant":
      return new Float32Array(count).fill(init.value);
    case "normal":
      return fillNormals(key, new Float32Array(count)).map((z) => z * init.deviation);
    case "uniform":
      return Float32Array.from(uniforms(key, count), (u) => init.bound * (2 * u - 1));
    default:
      return init satisfies never;
  }
}

function shapesNn(
  parameters: Map<string, Parameter>,
  cost: { multiplyAdds: number; activations: number },
): Nn<Shape, Shape, Shape> {
  const made = (shape: Shape): Shape => {
    cost.activations += elements(shape);
    return shape;
  };
  const parameter = (name: string, shape: Shape, init: Init): Shape => {
    const known = parameters.get(name);
    if (known !== undefined && known.shape.join() !== shape.join())
      throw new TypeError(
        `parameter ${name} is used as [${known.shape.join(", ")}] and as [${shape.join(", ")}]`,
      );
    parameters.set(name, known ?? { name, shape, init });
    return shape;
  };
  const layer = (name: string, shape: Shape, bias: boolean, options: object): void => {
    const fanIn = elements(shape.slice(1));
    parameter(`${name}.weight`, shape, weightInit(options, fanIn));
    if (bias) parameter(`${name}.bias`, [shape[0]], biasInit(fanIn));
  };
  const pairwise = (v: Shape, by: Shape | number): Shape =>
    made(typeof by === "number" ? v : [Math.max(v[0], by[0]), Math.max(v[1], by[1])]);

  return {
    parameter,
    vector: (name, width, init) => {
      parameter(name, [width], init);
      return [1, width];
    },
    conv(name, [n, inputs, height, width], channels, { size = 3, stride = 1, bias = true, ...options } = {}) {
      layer(name, [channels, inputs, size, size], bias, options);
      const out = made([n, channels, Math.ceil(height / stride), Math.ceil(width / stride)]);
      cost.multiplyAdds += elements(out) * inputs * size * size;
      return out;
    },
    dense(name, [n, inputs], width, { bias = true, ...options } = {}) {
      layer(name, [width, inputs], bias, options);
      cost.multiplyAdds += n * inputs * width;
      return made([n, width]);
    },
    add: made,
    scale: made,
    shift: made,
    concat: ([n, a, height, width], b) => made([n, a + b[1], height, width]),
    withOnes: ([n, c, height, width]) => made([n, c + 1, height, width]),
    silu: made,
    elu: made,
    relu: made,
    meanPool: ([n, c, height, width]) => made([n, c, height / 2, width / 2]),
    maxPool: made,
    blur: made,
    upsample: ([n, c, height, width]) => made([n, c, 2 * height, 2 * width]),
    resize: ([n, c], like) => made([n, c, like[2], like[3]]),
    moments: ([n, c]) => ({ mean: made([n, c]), variance: made([n, c]) }),
    attention(q, _k, _v, heads) {
      const [n, c, height, width] = q;
      cost.multiplyAdds += 2 * n * c * (height * width) ** 2;
      cost.activations += n * heads * (height * width) ** 2;
      return made(q);
    },
    times: pairwise,
    plus: pairwise,
    log: made,
    rsqrt: made,
    reciprocal: made,
    mean: ([n]) => made([n, 1]),
    fourier: ([n], frequencies) => made([n, frequencies.length]),
    oneHot: ([n], width) => made([n, width]),
    nearest: ([n]) => made([n, 1]),
    channels: (x) => x[1],
    size: (x) => [x[2], x[3]],
    width: (v) => v[1],
  };
}

const elements = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
