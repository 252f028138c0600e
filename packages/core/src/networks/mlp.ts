import type { Network } from "../nn.ts";
import { fourierFeatures } from "../nn/fourier-features.ts";

/** The size of an {@link mlp}. */
export interface MlpOptions {
  readonly width: number;
  /** Number of residual layers. */
  readonly layers: number;
  /** Number of Fourier features of the noise level. */
  readonly features: number;
}

/**
 * A residual network for points: data [K, 1, 1] is a vector with 1×1 convolutions for dense layers. The noise level
 * enters each layer as an offset from random Fourier features, since a 2-D score changes its shape with σ.
 */
export const mlp: Network<MlpOptions> = {
  summary: "residual layers for points [K,1,1] with Fourier features of the noise level",
  defaults: { width: 128, layers: 3, features: 64 },
  rate: 1e-3,
  apply(nn, x, noise, { width, layers, features }) {
    const { frequencies, phases } = fourierFeatures(features);
    const embedding = nn.silu(nn.dense("noise", nn.fourier(noise, frequencies, phases), width));
    let h = nn.conv("in", x, width, { size: 1 });
    for (let i = 0; i < layers; i++) {
      const inner = nn.shift(
        nn.conv(`layer${i}.in`, nn.silu(h), width, { size: 1 }),
        nn.dense(`layer${i}.noise`, embedding, width),
      );
      h = nn.add(h, nn.conv(`layer${i}.out`, nn.silu(inner), width, { size: 1 }));
    }
    return nn.conv("out", nn.silu(h), nn.channels(x), { size: 1, init: { kind: "constant", value: 0 } });
  },
};
