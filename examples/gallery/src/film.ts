/** The stills of one sampling, kept for playing and scrubbing. */

/** A moment of sampling as it is kept. */
export interface Still {
  readonly sigma: number;
  /** Score evaluations per image so far. */
  readonly evaluations: number;
  /** Steps taken. */
  readonly step: number;
  /** Images as bytes, or points as they are. */
  readonly values: Uint8Array | Float32Array;
}

/** Stills in the order of sampling. */
export interface Film {
  readonly stills: readonly Still[];
  /** Steps from one still to the next. */
  readonly stride: number;
  /** Whether the still of a step would be kept; a long sampling keeps every second, every fourth … of its steps. */
  wants(step: number): boolean;
  /** Adds a still, which is kept until the next one comes. */
  add(still: Still): void;
}

/** A film of at most about `budget` bytes. */
export function newFilm(budget = 48e6): Film {
  const stills: Still[] = [];
  let stride = 1;
  let bytes = 0;
  return {
    stills,
    get stride() {
      return stride;
    },
    wants: (step) => step % stride === 0,
    add(still) {
      stills.push(still);
      bytes += still.values.byteLength;
      if (bytes <= budget) return;
      stride *= 2;
      const kept = stills.filter(({ step }) => step % stride === 0 || step === still.step);
      stills.splice(0, stills.length, ...kept);
      bytes = stills.reduce((sum, { values }) => sum + values.byteLength, 0);
    },
  };
}

/** Pixels in [0, 1] as bytes. */
export function toBytes(pixels: Float32Array): Uint8Array {
  return Uint8Array.from(pixels, (value) => Math.round(255 * value));
}
