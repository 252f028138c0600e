/** What a page asks of WebGPU, counted: by whom does not matter, ONNX Runtime's calls are among them. */

/** Calls since the last look. */
export interface GpuCalls {
  /** Read-backs begun. */
  readonly maps: number;
  /** Bytes of each write from the host: `writeBuffer`, and buffers that are created with their content. */
  readonly uploads: readonly number[];
  /** The label of each buffer that was created. */
  readonly buffers: readonly string[];
  /** Pieces of work handed over. */
  readonly submits: number;
}

/** Wraps the methods; to be run in a page before anything else. It stands alone, since it is sent there as text. */
export function countGpuCalls(): void {
  const none = (): { maps: number; uploads: number[]; buffers: string[]; submits: number } => ({
    maps: 0,
    uploads: [],
    buffers: [],
    submits: 0,
  });
  let calls = none();
  Object.assign(window, {
    takeGpuCalls() {
      const taken = calls;
      calls = none();
      return taken;
    },
  });
  type Method = (...args: never[]) => unknown;
  const before = <Owner extends object>(
    owner: Owner,
    name: keyof Owner,
    note: (...args: readonly unknown[]) => void,
  ): void => {
    const method = owner[name] as Method;
    Object.assign(owner, {
      [name](this: unknown, ...args: never[]) {
        note(...args);
        return method.apply(this, args);
      },
    });
  };
  before(GPUBuffer.prototype, "mapAsync", () => {
    calls.maps += 1;
  });
  before(GPUQueue.prototype, "submit", () => {
    calls.submits += 1;
  });
  before(GPUQueue.prototype, "writeBuffer", (_buffer, _offset, data, from, size) => {
    const unit = ArrayBuffer.isView(data) && "BYTES_PER_ELEMENT" in data ? Number(data.BYTES_PER_ELEMENT) : 1;
    const { byteLength } = data as ArrayBufferView;
    calls.uploads.push(typeof size === "number" ? size * unit : byteLength - Number(from ?? 0) * unit);
  });
  before(GPUQueue.prototype, "writeTexture", () => {
    calls.uploads.push(Infinity);
  });
  before(GPUDevice.prototype, "createBuffer", (descriptor) => {
    const { label, size, mappedAtCreation } = descriptor as GPUBufferDescriptor;
    calls.buffers.push(label ?? "");
    if (mappedAtCreation === true) calls.uploads.push(size);
  });
}

/** The calls since the last time, in the page. */
export const takeGpuCalls = (): GpuCalls =>
  (window as unknown as { takeGpuCalls: () => GpuCalls }).takeGpuCalls();
