import type { Network } from "../nn.ts";
import { aroundOne, instanceNormPlus, refinenet, zero } from "./refinenet.ts";

/** The size of an {@link ncsn}. */
export interface NcsnOptions {
  /** Channels at full resolution: 64 for MNIST and 128 for CIFAR-10 in the paper. */
  readonly channels: number;
  /** Number of noise levels, each of which has scales and offsets of its own in every normalisation. */
  readonly levels: number;
}

/**
 * The network of Song & Ermon 2019 ("Generative modeling by estimating gradients of the data distribution", appendix A):
 * a dilated RefineNet whose normalisations, conditional InstanceNorm++, know the noise level by its index. Its chained
 * pooling takes means, with zeros around the image, after a normalisation.
 */
export const ncsn: Network<NcsnOptions> = {
  summary: "dilated RefineNet with a normalisation per noise level (Song & Ermon 2019)",
  defaults: { channels: 64, levels: 10 },
  rate: 1e-3,
  apply(nn, x, level, { channels, levels }) {
    const row = nn.oneHot(level, levels);
    const normalise = (name: string, h: typeof x): typeof x => {
      const width = nn.channels(h);
      const byLevel = (what: string, init: typeof aroundOne | typeof zero) =>
        nn.dense(`${name}.${what}`, row, width, { bias: false, init });
      return instanceNormPlus(nn, h, {
        gamma: nn.plus(byLevel("gamma", aroundOne), 1),
        alpha: nn.plus(byLevel("alpha", aroundOne), 1),
        beta: byLevel("beta", zero),
      });
    };
    return refinenet(nn, x, channels, { normalise, refineNormalise: normalise, pool: (h) => nn.blur(h, 5) });
  },
};
