import type { Network } from "../nn.ts";
import { aroundOne, instanceNormPlus, refinenet, zero } from "./refinenet.ts";

/** The size of an {@link ncsnv2}. */
export interface Ncsnv2Options {
  /** Channels at full resolution: 128 for CIFAR-10 in the paper. */
  readonly channels: number;
}

/**
 * The network of Song & Ermon 2020 ("Improved techniques for training score-based generative models", appendix B) for
 * images of 32×32: NCSN's without a word of the noise level, which the score's factor 1/σ stands for (parameterization
 * `ncsnv2`, Technique 3). Only the ResNet is normalised, and chained pooling takes maxima.
 */
export const ncsnv2: Network<Ncsnv2Options> = {
  summary: "NCSN's RefineNet without the noise level, divided by sigma (Song & Ermon 2020)",
  defaults: { channels: 128 },
  rate: 1e-4,
  apply(nn, x, _, { channels }) {
    return refinenet(nn, x, channels, {
      normalise(name, h) {
        const width = nn.channels(h);
        return instanceNormPlus(nn, h, {
          gamma: nn.plus(nn.vector(`${name}.gamma`, width, aroundOne), 1),
          alpha: nn.plus(nn.vector(`${name}.alpha`, width, aroundOne), 1),
          beta: nn.vector(`${name}.beta`, width, zero),
        });
      },
      refineNormalise: (_name, h) => h,
      pool: (h) => nn.maxPool(h, 5),
    });
  },
};
