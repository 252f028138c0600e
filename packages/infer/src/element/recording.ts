/** The pictures of one sampling that can be gone back to, within a bound of memory. */
import type { Images } from "../model.ts";

/** A moment of sampling and what it looked like. */
export interface Kept {
  readonly index: number;
  readonly total: number | undefined;
  /** Noise level, model units; 0 at the end of most samplers. */
  readonly sigma: number;
  /** Score evaluations per image so far. */
  readonly evaluations: number;
  readonly picture: Picture;
}

/** Images in bytes, or points as they are. */
export interface Picture {
  readonly shape: Images["shape"];
  readonly data: Uint8Array | Float32Array;
}

/** Images as bytes, a quarter of the memory; points of the plane keep their float32. */
export function pictureOf({ shape, data }: Images): Picture {
  if (shape[2] * shape[3] === 1) return { shape, data };
  return { shape, data: Uint8Array.from(data, (pixel) => Math.round(255 * pixel)) };
}

/** Moments in order. When memory is full every second one is forgotten, so that the rest stay even in time. */
export class Recording {
  readonly #kept: Kept[] = [];
  readonly #bytes: number;
  /** Least distance of two moments that are kept, in steps; the newest is kept in any case. */
  #stride = 1;

  /** @param bytes bound of the memory; the first and the last moment are kept whatever they take */
  constructor(bytes = 32 * 2 ** 20) {
    this.#bytes = bytes;
  }

  /** The newest moment. */
  get last(): Kept | undefined {
    return this.#kept.at(-1);
  }

  /** How many moments there are. */
  get length(): number {
    return this.#kept.length;
  }

  /** Adds a moment later than all others. */
  add(moment: Kept): void {
    const kept = this.#kept;
    const [before, last] = [kept.at(-2), kept.at(-1)];
    if (before && last && last.index - before.index < this.#stride) kept.pop();
    kept.push(moment);
    if (kept.length < 3 || kept.length * moment.picture.data.byteLength <= this.#bytes) return;
    this.#stride *= 2;
    const newest = kept.length - 1;
    kept.splice(0, kept.length, ...kept.filter((_, i) => i % 2 === 0 || i === newest));
  }

  /** The latest moment that is not after step `index`; the first one where all are. */
  at(index: number): Kept | undefined {
    return this.#kept.findLast((moment) => moment.index <= index) ?? this.#kept[0];
  }

  /** The first moment after step `index`. */
  after(index: number): Kept | undefined {
    return this.#kept.find((moment) => moment.index > index);
  }
}
