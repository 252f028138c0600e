/**
 * The trunk of NCSN's and NCSNv2's networks: a ResNet of four stages that halves the resolution once and widens its
 * view by dilation from there, and a RefineNet (Lin et al. 2017) that joins the stages from the last to the first.
 * Structure and sizes are those of the authors' code, github.com/ermongroup/ncsn and ncsnv2.
 */
import type { Nn } from "../nn.ts";

/** What the two networks do differently. */
export interface RefinenetStyle<I> {
  /** The normalisation before the activations of the ResNet and before the last convolution, by name. */
  readonly normalise: (name: string, x: I) => I;
  /** The same within the RefineNet. */
  readonly refineNormalise: (name: string, x: I) => I;
  /** The 5×5 pooling with stride 1 of chained residual pooling. */
  readonly pool: (x: I) => I;
}

/** Channels by stage, in units of those at full resolution; with the dilation of the stage's convolutions. */
const stages = [
  { width: 1, dilation: 1 },
  { width: 2, dilation: 1 },
  { width: 2, dilation: 2 },
  { width: 2, dilation: 4 },
] as const;

/**
 * F(x) of x's shape.
 * @param x pixels in [0, 1], which the network centres: 2x − 1
 * @throws RangeError for images of an odd height or width, or of one pixel
 */
export function refinenet<I, V, W>(nn: Nn<I, V, W>, x: I, channels: number, style: RefinenetStyle<I>): I {
  checkSize(nn.size(x), channels);
  const { residual, refine } = blocksOf(nn, style);

  let h = nn.conv("in", nn.shift(nn.scale(x, 2), -1), channels);
  const found = stages.map(({ width, dilation }, i) => {
    h = residual(`stage${i}.0`, h, width * channels, { dilation, down: i > 0 });
    h = residual(`stage${i}.1`, h, width * channels, { dilation });
    return h;
  });

  const [first, second, third, fourth] = found;
  h = refine("refine3", [fourth], 2 * channels);
  h = refine("refine2", [third, h], 2 * channels);
  h = refine("refine1", [second, h], channels);
  h = refine("refine0", [first, h], channels, 3);
  return nn.conv("out", nn.elu(style.normalise("out.norm", h)), nn.channels(x));
}

/** γ⊙((x − μ)/σ + α⊙(μ − m)/v) + β, given γ, α and β: InstanceNorm++. */
export interface InstanceNormWeights<V> {
  readonly gamma: V;
  readonly alpha: V;
  readonly beta: V;
}

/**
 * InstanceNorm++ (Song & Ermon 2019, appendix A): each channel is normalised over its pixels, and what that takes away,
 * the mean μ, comes back normalised over the channels, by their mean m and (unbiased) deviation v.
 */
export function instanceNormPlus<I, V, W>(
  nn: Nn<I, V, W>,
  x: I,
  { gamma, alpha, beta }: InstanceNormWeights<V>,
): I {
  const { mean, variance } = nn.moments(x);
  const channels = nn.channels(x);
  const centred = nn.plus(mean, nn.times(nn.mean(mean), -1));
  const spread = nn.times(nn.mean(nn.times(centred, centred)), channels / (channels - 1));
  const among = nn.times(centred, nn.rsqrt(nn.plus(spread, epsilon)));
  const inverse = nn.rsqrt(nn.plus(variance, epsilon));
  // One factor and one offset a channel, so that the image is passed over twice.
  const offset = nn.plus(nn.times(alpha, among), nn.times(nn.times(mean, inverse), -1));
  return nn.shift(nn.scale(x, nn.times(gamma, inverse)), nn.plus(nn.times(gamma, offset), beta));
}

/** Added to both variances. */
const epsilon = 1e-5;

/** How γ and α start, less the 1 that is added to them: N(1, 0.02²) in the authors' code. */
export const aroundOne = { kind: "normal", deviation: 0.02 } as const;
/** How β starts. */
export const zero = { kind: "constant", value: 0 } as const;

/** The blocks of a trunk. */
function blocksOf<I, V, W>(nn: Nn<I, V, W>, { normalise, refineNormalise, pool }: RefinenetStyle<I>) {
  /** Two times norm → ELU → conv, beside a shortcut; `down` halves where nothing is dilated. */
  const residual = (
    name: string,
    x: I,
    channels: number,
    { dilation, down = false }: { dilation: number; down?: boolean },
  ): I => {
    const inputs = nn.channels(x);
    const layer = (at: string, h: I, width: number): I =>
      nn.conv(`${name}.conv${at}`, nn.elu(normalise(`${name}.norm${at}`, h)), width, { dilation });
    const branch = layer("1", layer("0", x, down ? inputs : channels), channels);
    if (!down) return nn.add(x, branch);
    if (dilation > 1) return nn.add(nn.conv(`${name}.shortcut`, x, channels, { dilation }), branch);
    // A mean of pixels and a 1×1 convolution commute; in this order the convolution has a quarter of the pixels.
    const shortcut = nn.conv(`${name}.shortcut`, nn.meanPool(x), channels, { size: 1 });
    return nn.add(shortcut, nn.meanPool(branch));
  };

  /** Residual convolution units: norm → ELU → conv twice, added to their input. */
  const units = (name: string, x: I, count: number): I => {
    let h = x;
    for (let i = 0; i < count; i++) {
      const input = h;
      for (const at of [0, 1])
        h = nn.conv(
          `${name}.${i}.conv${at}`,
          nn.elu(refineNormalise(`${name}.${i}.norm${at}`, h)),
          nn.channels(h),
          { bias: false },
        );
      h = nn.add(input, h);
    }
    return h;
  };

  /** Multi-resolution fusion: every input to one width and to the first one's size, and their sum. */
  const fuse = (name: string, xs: readonly I[], channels: number): I =>
    xs
      .map((x, i) => {
        const h = nn.conv(`${name}.conv${i}`, refineNormalise(`${name}.norm${i}`, x), channels);
        return i === 0 ? h : nn.resize(h, xs[0]);
      })
      .reduce((a, b) => nn.add(a, b));

  /** Chained residual pooling: pool → conv again and again, every stage of it added. */
  const chain = (name: string, x: I): I => {
    let path = nn.elu(x);
    let sum = path;
    for (const at of [0, 1]) {
      path = nn.conv(`${name}.conv${at}`, pool(refineNormalise(`${name}.norm${at}`, path)), nn.channels(x), {
        bias: false,
      });
      sum = nn.add(sum, path);
    }
    return sum;
  };

  /** RefineNet's block: units for each input, fusion, chained pooling, and `last` units more. */
  const refine = (name: string, xs: readonly I[], channels: number, last = 1): I => {
    const adapted = xs.map((x, i) => units(`${name}.adapt${i}`, x, 2));
    const joined = adapted.length > 1 ? fuse(`${name}.fuse`, adapted, channels) : adapted[0];
    return units(`${name}.out`, chain(`${name}.pool`, joined), last);
  };

  return { residual, refine };
}

/** @throws RangeError */
function checkSize([height, width]: readonly [number, number], channels: number): void {
  if (height % 2 !== 0 || width % 2 !== 0)
    throw new RangeError(`invalid image size: ${height}x${width} (need even numbers: it is halved once)`);
  if (channels < 2)
    throw new RangeError(`invalid channels: ${channels} (need 2 or more, to normalise their means)`);
}
