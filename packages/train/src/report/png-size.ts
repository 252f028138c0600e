/**
 * Width and height of a PNG file, from its header.
 * @throws RangeError where it is none
 */
export function pngSize(png: Uint8Array): { readonly width: number; readonly height: number } {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  if (png.length < 24 || !signature.every((byte, i) => png[i] === byte))
    throw new RangeError(`invalid picture: ${png.length} bytes that are not a PNG`);
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
