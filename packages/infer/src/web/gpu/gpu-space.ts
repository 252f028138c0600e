/**
 * A {@link Space} over buffers of a GPU: samplers run there without a read-back, unless they ask for a dot product.
 * Nothing is allocated once the pool has the buffers that a step holds at a time.
 */
import { split, uniforms, type Given, type Key, type PerImage, type Space } from "@ncsn/core";
import { blockMeans, combine, dot, mostTerms, product, watch } from "./kernels.ts";
import { paddedSize } from "./padded-size.ts";
import { whileAlive } from "./while-alive.ts";
import { normal, uniform } from "./noise-kernels.ts";
import { createRecorder } from "./recorder.ts";

/** A space whose values are buffers of count × dimension float32. Values can be read and watched. */
export interface GpuSpace extends Space<GPUBuffer> {
  /** The numbers of a value. @throws DeviceLostError */
  read(value: GPUBuffer): Promise<Float32Array>;
  /** Notes on the GPU, without waiting, whether the value is finite; `step` is the number that {@link firstLost} tells. */
  watch(value: GPUBuffer, step: number): void;
  /** The lowest step whose watched value was not finite; undefined where all were. @throws DeviceLostError */
  firstLost(): Promise<number | undefined>;
  /** Frees every buffer that the space has made. */
  dispose(): void;
}

/** What a {@link gpuSpace} is of. */
export interface GpuSpaceOptions {
  readonly device: GPUDevice;
  readonly count: number;
  readonly shape: readonly [channels: number, height: number, width: number];
  /** The sampling key of a seed: split(key(seed), purposes.sampling). */
  readonly key: Key;
  /** The number of the first image. */
  readonly first?: number;
  /** Writes the score of x to `out`; see `gpuScorer`. */
  readonly score: (x: GPUBuffer, sigma: PerImage, out: GPUBuffer, given: Given) => Promise<void>;
}

/** How many images fit into one value on this device. */
export const mostImages = (device: GPUDevice, dimension: number): number =>
  Math.floor(
    Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize) / (4 * dimension),
  );

const allFinite = 0xffffffff;

/** @throws RangeError where a value would not fit into a buffer */
export function gpuSpace({ device, count, shape, key, first = 0, score }: GpuSpaceOptions): GpuSpace {
  const [channels, height, width] = shape;
  const dimension = channels * height * width;
  const length = count * dimension;
  const most = mostImages(device, dimension);
  if (count > most)
    throw new RangeError(`invalid count: ${count} (this GPU holds ${most} images of ${dimension} numbers)`);

  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const made: GPUBuffer[] = [];
  const create = (label: string, bytes: number, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ label, size: paddedSize(bytes), usage });
    made.push(buffer);
    return buffer;
  };
  const pool: GPUBuffer[] = [];
  const take = (): GPUBuffer => pool.pop() ?? create("value", 4 * length, STORAGE | COPY_SRC | COPY_DST);
  const readers = new Map<number, GPUBuffer[]>(); // by size
  const recorder = createRecorder(device);

  /** Reads the first `bytes` of a buffer, after all that was recorded. */
  const readBack = async (buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> => {
    const idle = readers.get(bytes) ?? [];
    readers.set(bytes, idle);
    const reader = idle.pop() ?? create("reader", bytes, MAP_READ | COPY_DST);
    recorder.flush();
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, reader, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await whileAlive(device, () => reader.mapAsync(GPUMapMode.READ));
    const numbers = reader.getMappedRange(0, bytes).slice(0);
    reader.unmap();
    idle.push(reader);
    return numbers;
  };

  let dots: GPUBuffer | undefined;
  let flag: GPUBuffer | undefined;
  const combineFew = (terms: readonly (readonly [PerImage, GPUBuffer])[]): GPUBuffer => {
    const out = take();
    const values = terms.map(([, value]) => value);
    const coefficients = terms.map(([coefficient]) => coefficient);
    recorder.dispatch(combine[terms.length], length, out, values, [dimension], coefficients);
    return out;
  };

  return {
    count,
    dimension,
    async score(x, sigma, given = "labels") {
      const out = take();
      recorder.flush();
      await score(x, sigma, out, given);
      return out;
    },
    noise(draw, law = "normal") {
      const out = take();
      const tree = [key[0], key[1], first, draw, dimension];
      if (law === "normal") recorder.dispatch(normal, count * Math.ceil(dimension / 2), out, [], tree);
      else recorder.dispatch(uniform, length, out, [], tree);
      return out;
    },
    uniform: (draw) =>
      Float64Array.from(
        { length: count },
        (_, image) => uniforms(split(split(key, first + image), draw), 1)[0],
      ),
    combine(terms) {
      let out = combineFew(terms.slice(0, mostTerms));
      for (let done = mostTerms; done < terms.length; done += mostTerms - 1) {
        const sum = combineFew([[1, out], ...terms.slice(done, done + mostTerms - 1)]);
        pool.push(out);
        out = sum;
      }
      return out;
    },
    product(a, b) {
      const out = take();
      recorder.dispatch(product, length, out, [a, b]);
      return out;
    },
    constant(values) {
      const out = take();
      recorder.flush(); // what was recorded may still read this buffer
      device.queue.writeBuffer(out, 0, values as Float32Array<ArrayBuffer>, 0, length);
      return out;
    },
    blockMeans(x, factor) {
      const out = take();
      recorder.dispatch(blockMeans, length / factor ** 2, out, [x], [width, factor]);
      return out;
    },
    async dot(a, b) {
      dots ??= create("dots", 4 * count, STORAGE | COPY_SRC);
      recorder.dispatch(dot, count, dots, [a, b], [dimension]);
      return Float64Array.from(new Float32Array(await readBack(dots, 4 * count)));
    },
    release: (...values) => {
      pool.push(...values);
    },
    read: async (value) => new Float32Array(await readBack(value, 4 * length)),
    watch(value, step) {
      if (flag === undefined) {
        flag = create("watch", 4, STORAGE | COPY_SRC | COPY_DST);
        device.queue.writeBuffer(flag, 0, Uint32Array.of(allFinite));
      }
      recorder.dispatch(watch, length, flag, [value], [step]);
    },
    async firstLost() {
      if (flag === undefined) return undefined;
      const [step] = new Uint32Array(await readBack(flag, 4));
      return step === allFinite ? undefined : step;
    },
    dispose() {
      recorder.dispose();
      for (const buffer of made.splice(0)) buffer.destroy();
    },
  };
}
