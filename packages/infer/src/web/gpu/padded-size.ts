/**
 * The size of a buffer that is to hold so many bytes: ONNX Runtime reads and writes by four numbers, and a device refuses
 * to bind a buffer that ends within them.
 */
export const paddedSize = (bytes: number): number => 16 * Math.ceil(bytes / 16);
