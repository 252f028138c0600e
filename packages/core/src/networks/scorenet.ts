import type { Network } from "../nn.ts";

/** The size of a {@link scorenet}. */
export interface ScorenetOptions {
  /** Channels of the hidden convolutions. */
  readonly channels: readonly number[];
  /** Hidden width of the network that looks at σ. */
  readonly hidden: number;
}

/**
 * The toy network of the score-matching tutorials: four 3×3 convolutions with ReLU between them, on an input that is
 * multiplied by 1 + MLP(σ). It sees 9×9 pixels and one number of σ, and is here to show what that is worth.
 */
export const scorenet: Network<ScorenetOptions> = {
  summary: "the tutorial's toy: convolutions 1-32-64-32-1, input scaled by 1 + MLP(sigma)",
  defaults: { channels: [32, 64, 32], hidden: 32 },
  rate: 1e-3,
  apply(nn, x, sigma, { channels, hidden }) {
    const factor = nn.dense("sigma.out", nn.relu(nn.dense("sigma.hidden", sigma, hidden)), 1);
    let h = nn.scale(x, nn.plus(factor, 1));
    channels.forEach((width, i) => {
      h = nn.relu(nn.conv(`conv${i}`, h, width));
    });
    return nn.conv(`conv${channels.length}`, h, nn.channels(x));
  },
};
