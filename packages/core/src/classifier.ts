/** The classifier that judges samples: what it is made of, its parameters and its cost. */
import type { Nn, Shape } from "./nn.ts";
import { summarizeUse, type Summary } from "./nn/shapes.ts";

/** The size of a {@link Classifier}. */
export interface ClassifierOptions {
  /** Number of classes, ≥ 2. */
  readonly classes: number;
  /** Number of features. */
  readonly width: number;
  /** Channels of the convolutions, the first first; those beyond the list have its last. */
  readonly channels: readonly number[];
}

/** What a classifier says of images: vectors. */
export interface Classified<V> {
  /** The penultimate layer, [N, width]. */
  readonly features: V;
  /** [N, classes]; their softmax are the probabilities of the classes. */
  readonly logits: V;
}

/** A network that names the class of an image; unlike a `Network` it knows no noise and gives vectors. */
export interface Classifier {
  /** One line for lists: what it is. */
  readonly summary: string;
  readonly defaults: Readonly<Omit<ClassifierOptions, "classes">>;
  /** The Adam rate that it trains well with. */
  readonly rate: number;
  /** @param x images [N, C, H, W] of any size, in pixels from 0 to 1 */
  apply<I, V, W>(nn: Nn<I, V, W>, x: I, options: Readonly<ClassifierOptions>): Classified<V>;
}

/**
 * Convolutions of stride 2 down to one pixel, then two dense layers. Every layer sees where things are, which a mean
 * over the image would forget: an image moved by a pixel has other features. Pixels go in as they are, so that the
 * zeros beyond the border are black.
 */
export const classifier: Classifier = {
  summary: "3x3 convolutions of stride 2 down to one pixel, then dense layers",
  defaults: { width: 64, channels: [32, 64] },
  rate: 2e-3,
  apply(nn, x, { classes, width, channels }) {
    let h = x;
    for (let i = 0; Math.max(...nn.size(h)) > 1; i++)
      h = nn.silu(nn.conv(`down${i}`, h, channels[Math.min(i, channels.length - 1)], { stride: 2 }));
    const features = nn.silu(nn.dense("features", nn.moments(h).mean, width));
    return { features, logits: nn.dense("logits", features, classes) };
  },
};

/** The parameter table and cost of the classifier on images of one shape. */
export const summarizeClassifier = (options: Readonly<ClassifierOptions>, shape: Shape): Summary =>
  summarizeUse((nn) => classifier.apply(nn, [1, ...shape], options));
