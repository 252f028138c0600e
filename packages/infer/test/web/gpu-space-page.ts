/** What the test of the GPU's space does inside a page. */
import { hostSpace, key, type PerImage, type Space } from "@ncsn/core";
import { threefry } from "../../src/web/gpu/noise-kernels.ts";
import { gpuSpace, type GpuSpaceOptions } from "../../src/web/gpu/gpu-space.ts";
import { createRecorder } from "../../src/web/gpu/recorder.ts";

let opened: Promise<GPUDevice> | undefined;
const openDevice = (): Promise<GPUDevice> =>
  (opened ??= (async () => {
    const adapter = await navigator.gpu.requestAdapter();
    if (adapter === null) throw new Error("no adapter");
    return adapter.requestDevice();
  })());

type Shape = GpuSpaceOptions["shape"];

/** A space of each kind over the same images; the score is −σ·x on either. */
async function bothSpaces(count: number, shape: Shape, first = 0) {
  const device = await openDevice();
  const size = [shape[1], shape[2]] as const;
  const dimension = shape[0] * shape[1] * shape[2];
  const common = { count, key: key(5), first };
  const host = hostSpace({ ...common, dimension, size, score: () => Promise.resolve() });
  const gpu = gpuSpace({ ...common, device, shape, score: () => Promise.resolve() });
  return { host, gpu };
}

/** Words of blocks 0, 1, … of (image, draw), `pairs` blocks per image, by the kernels' own functions. */
export async function noiseWords(
  [high, low]: readonly [number, number],
  images: readonly number[],
  draw: number,
  pairs: number,
): Promise<number[][]> {
  const device = await openDevice();
  const kernel = {
    name: "words of noise",
    scalars: ["high", "low", "image", "draw"],
    writes: "u32",
    declarations: threefry,
    body: `
      let words = block(drawKey(high, low, image, draw), i);
      out[2 * i] = words.x;
      out[2 * i + 1] = words.y;`,
  } as const;
  const space = gpuSpace({
    device,
    count: 2 * pairs,
    shape: [1, 1, 1],
    key: [0, 0],
    score: () => Promise.resolve(),
  });
  const recorder = createRecorder(device);
  const words: number[][] = [];
  for (const image of images) {
    const out = space.combine([]);
    await space.read(out); // what the space has recorded comes first
    recorder.dispatch(kernel, pairs, out, [], [high, low, image, draw]);
    recorder.flush();
    words.push([...new Uint32Array((await space.read(out)).buffer)]);
    space.release(out);
  }
  recorder.dispose();
  space.dispose();
  return words;
}

/** Values of keyed noise. */
export async function noise(
  from: readonly [number, number],
  count: number,
  shape: Shape,
  first: number,
  draw: number,
  law: "normal" | "uniform",
): Promise<number[]> {
  const device = await openDevice();
  const space = gpuSpace({ device, count, shape, key: from, first, score: () => Promise.resolve() });
  const values = [...(await space.read(space.noise(draw, law)))];
  space.dispose();
  return values;
}

/** max |gpu − host| / (1 + |host|) of each operation. */
export async function operationErrors(count: number, shape: Shape): Promise<Record<string, number>> {
  const { host, gpu } = await bothSpaces(count, shape, 3);
  const perImage = (from: number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => Math.cos(from + i));
  const errors: Record<string, number> = {};
  const both = async (name: string, make: <V>(space: Space<V>) => V): Promise<void> => {
    const expected = make(host);
    errors[name] = worst(await gpu.read(make(gpu)), expected);
  };
  for (let terms = 0; terms <= 13; terms++) {
    await both(`combine ${terms}`, (space) =>
      space.combine(
        Array.from({ length: terms }, (_, k): [PerImage, never] => [
          k % 3 > 0 ? perImage(k) : 0.7 - 0.1 * k,
          space.noise(k) as never,
        ]),
      ),
    );
  }
  // What has the coefficient 0 is left out, even where it is no number.
  const nan = new Float32Array(count * gpu.dimension).fill(NaN);
  const even = Float64Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : 0));
  await both("chosen", (space) =>
    space.combine([
      [0, space.constant(nan)],
      [even, space.noise(1)],
      [even.map(() => 0), space.constant(nan)],
    ]),
  );
  // More dispatches than the scalars of one piece hold.
  await both("200 terms", (space) =>
    space.combine(Array.from({ length: 200 }, (_, k) => [0.01 * k, space.noise(k)])),
  );
  await both("product", (space) => space.product(space.noise(0), space.noise(1, "uniform")));
  const numbers = Float32Array.from({ length: count * gpu.dimension }, (_, i) => Math.sin(i));
  await both("constant", (space) => space.constant(numbers));
  for (let factor = 1; factor <= shape[1]; factor++)
    if (shape[1] % factor === 0 && shape[2] % factor === 0)
      await both(`blockMeans ${factor}`, (space) => space.blockMeans(space.noise(2), factor));
  errors.uniform = worst(gpu.uniform(4), host.uniform(4));
  const squares = async <V>(space: Space<V>): Promise<number[]> => {
    const [a, b] = [space.noise(5), space.noise(6, "uniform")];
    const products = await Promise.all([space.dot(a, b), space.dot(b, b)]);
    return products.flatMap((product) => [...product]);
  };
  errors.dot = worst(await squares(gpu), await squares(host));
  gpu.dispose();
  return errors;
}

function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return NaN;
  return Array.from(expected).reduce(
    (most, value, i) => Math.max(most, Math.abs(actual[i] - value) / (1 + Math.abs(value))),
    0,
  );
}

/** What `firstLost` says when these values are put at one place of a value, step by step. */
export async function firstLost(count: number, values: readonly number[]): Promise<number | undefined> {
  const { gpu } = await bothSpaces(count, [1, 3, 1]);
  values.forEach((value, step) => {
    const numbers = new Float32Array(3 * count).fill(1e38);
    numbers[3 * count - 1] = value;
    const x = gpu.constant(numbers);
    gpu.watch(x, step);
    gpu.release(x);
  });
  const step = await gpu.firstLost();
  gpu.dispose();
  return step;
}
