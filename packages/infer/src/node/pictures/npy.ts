import type { Images } from "../../model.ts";

/** The images as a NumPy array, float32 [N, C, H, W] in pixels: format 1.0, little-endian. */
export function npy({ shape, data }: Images): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const start = 10; // magic, version, length of the header
  const total = Math.ceil((start + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total + 4 * data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, ...Buffer.from("NUMPY"), 1, 0]);
  view.setUint16(8, total - start, true);
  bytes.set(Buffer.from(`${header.padEnd(total - start - 1)}\n`, "latin1"), start);
  for (let i = 0; i < data.length; i++) view.setFloat32(total + 4 * i, data[i], true);
  return bytes;
}
