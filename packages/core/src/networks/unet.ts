import type { Network, Nn } from "../nn.ts";
import { fourierFeatures } from "../nn/fourier-features.ts";

/** The size of a {@link unet}, and what it is told. */
export interface UnetOptions {
  /** Channels at full resolution. */
  readonly channels: number;
  /** Factors on `channels` by level; each level halves the resolution. */
  readonly multipliers: readonly number[];
  /** Blocks per level on the way down; one more on the way up. */
  readonly blocks: number;
  /** Width of the noise embedding. */
  readonly embedding: number;
  /** Number of Fourier features of the noise level. */
  readonly features: number;
  /** Levels (0 = full resolution) whose blocks end in self-attention. */
  readonly attention: readonly number[];
  /** Channels of one attention head. */
  readonly headChannels: number;
  /** Number of classes; 0 for a model without labels. */
  readonly classes: number;
}

/** Weight of the branch in the sum of a residual block and its skip path. */
const branchWeight = 0.3;
/** The factor that keeps SiLU's output at unit magnitude for standard normal input (Karras et al. 2024, eq. 81). */
const siluGain = 1 / 0.596;

/**
 * A small magnitude-preserving U-Net (after Karras et al. 2024, "Analyzing and improving the training dynamics of
 * diffusion models"): every weight has unit norm per output channel, sums and concatenations keep the magnitude, so
 * no activation needs a norm and the exported graph is convolutions and pointwise operations.
 *
 * A block is silu → conv 3×3 → × (1 + gain·dense(embedding)) → silu → conv 3×3, added to its skip path. A channel of
 * ones stands for the input's bias. All fixed factors live on weights (`gain` of a layer), not on images.
 */
export const unet: Network<UnetOptions> = {
  summary: "magnitude-preserving U-Net (after Karras et al. 2024), the default for images",
  defaults: {
    channels: 16,
    multipliers: [1, 2, 2],
    blocks: 1,
    embedding: 128,
    features: 64,
    attention: [],
    headChannels: 32,
    classes: 0,
  },
  rate: 1e-2,
  apply(nn, x, noise, options, label) {
    const { channels, multipliers, blocks, attention } = options;
    checkSize(nn.size(x), multipliers.length);
    checkAttention(options);
    const block = blocksOf(nn, embed(nn, noise, options, label), options);

    let h = nn.conv("in", nn.withOnes(x), channels, { unit: true, bias: false });
    const skips = [h];
    multipliers.forEach((multiplier, level) => {
      for (let i = 0; i < blocks; i++) {
        h = block(`down${level}.${i}`, h, channels * multiplier, attention.includes(level));
        skips.push(h);
      }
      if (level < multipliers.length - 1) {
        h = nn.meanPool(h);
        skips.push(h);
      }
    });

    h = block("mid", h, nn.channels(h), attention.includes(multipliers.length - 1));

    for (let level = multipliers.length - 1; level >= 0; level--) {
      for (let i = 0; i <= blocks; i++) {
        const skip = skips.pop();
        if (skip === undefined) throw new Error("the U-Net's skip connections do not pair up");
        h = block(
          `up${level}.${i}`,
          magnitudeConcat(nn, h, skip),
          channels * multipliers[level],
          attention.includes(level),
        );
      }
      if (level > 0) h = nn.upsample(h);
    }
    const out = nn.conv("out", h, nn.channels(x), { unit: true, bias: false });
    return nn.scale(out, nn.vector("out.gain", 1, { kind: "constant", value: 0 }));
  },
};

/** The activated embedding of noise level and class, [N, embedding], without {@link siluGain}. */
function embed<I, V, W>(
  nn: Nn<I, V, W>,
  noise: V,
  { features, embedding, classes }: UnetOptions,
  label?: V,
): V {
  const { frequencies, phases } = fourierFeatures(features);
  let e = nn.dense("noise", nn.fourier(noise, frequencies, phases), embedding, { unit: true, bias: false });
  if (classes > 0) {
    if (label === undefined) throw new TypeError(`a unet with ${classes} classes needs a label`);
    // One-hot rows have magnitude 1/√classes per entry; half of the embedding's power is the label's.
    const name = nn.dense("label", nn.oneHot(label, classes), embedding, {
      unit: true,
      bias: false,
      gain: Math.sqrt(classes / 2),
    });
    e = nn.plus(nn.times(e, Math.SQRT1_2), name);
  }
  return nn.silu(e);
}

/** The residual block of one network, with the embedding bound. */
function blocksOf<I, V, W>(nn: Nn<I, V, W>, embedding: V, { headChannels }: UnetOptions) {
  const norm = Math.hypot(1 - branchWeight, branchWeight);
  const [keep, branch] = [(1 - branchWeight) / norm, branchWeight / norm];

  return (name: string, x: I, channels: number, attend: boolean): I => {
    const gain = nn.vector(`${name}.gain`, 1, { kind: "constant", value: 0 });
    const factor = nn.dense(`${name}.noise`, embedding, channels, {
      unit: true,
      bias: false,
      gain: siluGain,
    });
    let y = nn.conv(`${name}.conv0`, nn.silu(x), channels, { unit: true, bias: false, gain: siluGain });
    y = nn.scale(y, nn.plus(nn.times(factor, gain), 1));
    y = nn.conv(`${name}.conv1`, nn.silu(y), channels, { unit: true, bias: false, gain: siluGain * branch });
    const skip =
      nn.channels(x) === channels
        ? nn.scale(x, keep)
        : nn.conv(`${name}.skip`, x, channels, { size: 1, unit: true, bias: false, gain: keep });
    const sum = nn.add(skip, y);
    return attend ? attentionBlock(`${name}.attention`, sum) : sum;
  };

  function attentionBlock(name: string, x: I): I {
    const channels = nn.channels(x);
    const project = (part: string, from: I, factor = 1) =>
      nn.conv(`${name}.${part}`, from, channels, { size: 1, unit: true, bias: false, gain: factor });
    const heads = headsOf(channels, headChannels);
    const y = nn.attention(project("q", x), project("k", x), project("v", x), heads);
    return nn.add(nn.scale(x, keep), project("out", y, branch));
  }
}

/** Concatenation with each side scaled so that both contribute their share of magnitude (Karras et al. 2024, eq. 103). */
function magnitudeConcat<I, V, W>(nn: Nn<I, V, W>, a: I, b: I): I {
  const [na, nb] = [nn.channels(a), nn.channels(b)];
  if (na === nb) return nn.concat(a, b);
  const c = Math.sqrt((na + nb) / 2);
  return nn.concat(nn.scale(a, c / Math.sqrt(na)), nn.scale(b, c / Math.sqrt(nb)));
}

function checkSize([height, width]: readonly [number, number], levels: number): void {
  const factor = 2 ** (levels - 1);
  if (height % factor !== 0 || width % factor !== 0)
    throw new RangeError(
      `invalid image size for ${levels} levels: ${height}x${width} (need multiples of ${factor})`,
    );
}

/** The number of heads whose width comes nearest to `headChannels`. */
const headsOf = (channels: number, headChannels: number): number =>
  Math.max(1, Math.round(channels / headChannels));

function checkAttention({ channels, multipliers, attention, headChannels }: UnetOptions): void {
  for (const level of attention) {
    if (!(level in multipliers))
      throw new RangeError(`invalid attention: level ${level} (need 0 to ${multipliers.length - 1})`);
    const width = channels * multipliers[level];
    const heads = headsOf(width, headChannels);
    if (width % heads !== 0)
      throw new RangeError(
        `invalid headChannels: ${headChannels} (${width} channels at level ${level} do not divide into ${heads} heads)`,
      );
  }
}
