/**
 * Work for the GPU is recorded and handed over in one piece, when something waits for it. All scalars of the piece
 * travel in one small write, each dispatch's at an offset of its own; the next piece writes over them, since the queue
 * keeps the order.
 */
import type { PerImage } from "@ncsn/core";
import { groupsOf, wgslOf, type Kernel } from "./kernel.ts";

/** Records dispatches on a device. */
export interface Recorder {
  /**
   * Adds a dispatch over `items`.
   * @param integers the kernel's scalars after `items`
   * @param coefficients go behind them, each with the place and the step of its numbers before
   */
  dispatch(
    kernel: Kernel,
    items: number,
    out: GPUBuffer,
    reads: readonly GPUBuffer[],
    integers?: readonly number[],
    coefficients?: readonly PerImage[],
  ): void;
  /** Hands what was recorded to the queue. */
  flush(): void;
  dispose(): void;
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/** The kernel's pipeline on this device, compiled once. */
function pipelineOf(device: GPUDevice, kernel: Kernel): GPUComputePipeline {
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, known);
  let pipeline = known.get(kernel.name);
  if (pipeline === undefined) {
    const module = device.createShaderModule({ label: kernel.name, code: wgslOf(kernel) });
    pipeline = device.createComputePipeline({ label: kernel.name, layout: "auto", compute: { module } });
    known.set(kernel.name, pipeline);
  }
  return pipeline;
}

/** Bytes of scalars in a piece; a dispatch that needs more by itself makes it grow. */
const firstSize = 1 << 14;

/** A recorder with a buffer of scalars of its own. */
export function createRecorder(device: GPUDevice): Recorder {
  const align = device.limits.minStorageBufferOffsetAlignment;
  let buffer: GPUBuffer | undefined;
  let words = new Uint32Array(0);
  let floats = new Float32Array(0);
  let used = 0; // bytes
  let encoder: GPUCommandEncoder | undefined;
  let pass: GPUComputePassEncoder | undefined;

  const grow = (bytes: number): GPUBuffer => {
    buffer?.destroy();
    const size = Math.max(firstSize, 2 ** Math.ceil(Math.log2(bytes)));
    buffer = device.createBuffer({
      label: "scalars",
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    words = new Uint32Array(size / 4);
    floats = new Float32Array(words.buffer);
    return buffer;
  };

  const flush = (): void => {
    if (encoder === undefined || pass === undefined || buffer === undefined) return;
    pass.end();
    device.queue.writeBuffer(buffer, 0, words, 0, used / 4);
    device.queue.submit([encoder.finish()]);
    encoder = pass = undefined;
    used = 0;
  };

  return {
    dispatch(kernel, items, out, reads, integers = [], coefficients = []) {
      const head = 1 + integers.length + 2 * coefficients.length;
      const numbers = coefficients.map((c) => (typeof c === "number" ? 1 : c.length));
      const size = 4 * numbers.reduce((sum, length) => sum + length, head);
      let offset = Math.ceil(used / align) * align;
      if (offset + size > words.byteLength) {
        flush();
        offset = 0;
      }
      const scalars = size > words.byteLength || buffer === undefined ? grow(size) : buffer;
      const at = offset / 4;
      words[at] = items;
      words.set(integers, at + 1);
      let place = head;
      coefficients.forEach((c, k) => {
        words[at + 1 + integers.length + 2 * k] = place;
        words[at + 2 + integers.length + 2 * k] = typeof c === "number" ? 0 : 1;
        if (typeof c === "number") floats[at + place] = c;
        else floats.set(c, at + place);
        place += numbers[k];
      });
      used = offset + size;

      const pipeline = pipelineOf(device, kernel);
      const buffers = [out, ...reads].map((value, k) => ({ binding: k + 1, resource: { buffer: value } }));
      encoder ??= device.createCommandEncoder();
      pass ??= encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(
        0,
        device.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: [{ binding: 0, resource: { buffer: scalars, offset, size } }, ...buffers],
        }),
      );
      pass.dispatchWorkgroups(groupsOf(kernel, items));
    },
    flush,
    dispose() {
      buffer?.destroy();
    },
  };
}
