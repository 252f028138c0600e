import type { Dataset } from "@ncsn/core";

/** Images in memory, one byte a value. */
export interface ByteImages {
  readonly name: string;
  readonly shape: readonly [channels: number, height: number, width: number];
  /** count × channels × height × width bytes. */
  readonly bytes: Uint8Array;
  /** One class an image, −1 for none; absent where no image has one. */
  readonly labels?: Int8Array | Uint8Array | Int32Array;
  readonly classes?: readonly string[];
}

/** A data set over bytes in memory; its pixels are byte / 255. */
export function byteImages({ name, shape, bytes, labels, classes }: ByteImages): Dataset {
  const dimension = shape[0] * shape[1] * shape[2];
  const size = bytes.length / dimension;
  return {
    name,
    shape,
    size,
    pixels: true,
    bytes: true,
    ...(classes === undefined ? {} : { classes }),
    read(index, out, offset) {
      if (!(index >= 0 && index < size))
        throw new RangeError(`invalid item: ${index} (need 0 to ${size - 1})`);
      const from = index * dimension;
      for (let i = 0; i < dimension; i++) out[offset + i] = bytes[from + i] / 255;
      return labels?.[index] ?? -1;
    },
  };
}
