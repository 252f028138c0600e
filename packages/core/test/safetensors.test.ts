import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, SafetensorsError, type Tensor } from "../src/safetensors.ts";

const tensors = new Map<string, Tensor>([
  ["b", { shape: [2, 3], data: Float32Array.of(1, -2, 0.5, 1e-40, 3.4e38, -0) }],
  ["a", { shape: [], data: Float32Array.of(7) }],
  ["empty", { shape: [0, 4], data: new Float32Array(0) }],
]);

class NodeBuffer extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): NodeBuffer {
    const view = super.subarray(start, end);
    return new NodeBuffer(view.buffer, view.byteOffset, view.length);
  }
}

/** A file of any header and any values. */
function file(header: unknown, values: ArrayLike<number> = []): Uint8Array {
  const json = typeof header === "string" ? header : JSON.stringify(header);
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + text.length + values.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(values, 8 + text.length);
  return bytes;
}

describe("safetensors", () => {
  it("come back as they were, bit for bit, with their metadata", () => {
    const metadata = { note: "two words, ünïcode", empty: "" };
    const back = decodeSafetensors(encodeSafetensors(tensors, metadata));
    expect(back.metadata).toEqual(metadata);
    expect([...back.tensors.keys()].sort()).toEqual(["a", "b", "empty"]);
    for (const [name, { shape, data }] of tensors) {
      expect(back.tensors.get(name)?.shape).toEqual(shape);
      expect(back.tensors.get(name)?.data).toEqual(data);
    }
  });

  it("lie in a file as the format says: length, header, values, all little-endian", () => {
    const bytes = encodeSafetensors(new Map([["w", { shape: [2], data: Float32Array.of(1, -2) }]]), {
      k: "v",
    });
    const view = new DataView(bytes.buffer);
    const length = Number(view.getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(bytes.length).toBe(8 + length + 8);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { k: "v" },
      w: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it("are read from another writer's file, whatever the order and alignment", () => {
    const header = {
      late: { dtype: "F32", shape: [1], data_offsets: [4, 8] },
      early: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    };
    const { tensors, metadata } = decodeSafetensors(file(header, [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]));
    expect(metadata).toEqual({});
    expect(tensors.get("early")?.data).toEqual(Float32Array.of(1));
    expect(tensors.get("late")?.data).toEqual(Float32Array.of(-2));
  });

  it("are copies, also of a view into a larger buffer, also of one like Node's Buffer, whose slice copies nothing", () => {
    const bytes = encodeSafetensors(tensors);
    const larger = new Uint8Array(bytes.length + 100).fill(255);
    larger.set(bytes, 33);
    const views = [larger.subarray(33, 33 + bytes.length), new NodeBuffer(larger.buffer, 33, bytes.length)];
    for (const view of views) {
      const back = decodeSafetensors(view);
      view.fill(0, bytes.length - 4 * 7);
      expect(back.tensors.get("b")?.data).toEqual(tensors.get("b")?.data);
      view.set(bytes);
    }
  });

  it("of a wrong shape are not written", () => {
    const wrong = new Map([["w", { shape: [3], data: new Float32Array(2) }]]);
    expect(() => encodeSafetensors(wrong)).toThrow(
      new SafetensorsError("tensor w has 2 values for shape [3]"),
    );
  });

  it("cut at any byte throw, so that half a file is never taken for a whole", () => {
    const bytes = encodeSafetensors(tensors, { a: "b" });
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeSafetensors(bytes.slice(0, length)), `${length} bytes`).toThrow(SafetensorsError);
    expect(() => decodeSafetensors(Uint8Array.of(...bytes, 0))).toThrow(SafetensorsError);
  });

  const entry = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
  it.each([
    ["an empty file", new Uint8Array(0), "a safetensors file has at least 8 bytes, this has 0"],
    [
      "a length beyond the file",
      Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 1),
      "the header of 9 bytes is longer than the file of 9",
    ],
    ["a huge length", new Uint8Array(16).fill(255), "the header of 18446744073709552000 bytes is longer"],
    ["no JSON", file("{"), "the header is not JSON; this is not a safetensors file"],
    ["null", file(null), "the header is not a JSON object"],
    ["another type", file({ w: { ...entry, dtype: "F16" } }, [0, 0, 0, 0]), "tensor w is F16 (need F32)"],
    [
      "no offsets",
      file({ w: { dtype: "F32", shape: [1] } }),
      "tensor w lacks a dtype, a shape or data_offsets",
    ],
    ["null for a tensor", file({ w: null }), "tensor w lacks a dtype, a shape or data_offsets"],
    [
      "a negative offset",
      file({ w: { ...entry, data_offsets: [-4, 0] } }),
      "tensor w lacks a dtype, a shape or data_offsets",
    ],
    [
      "a shape that does not fit",
      file({ w: { ...entry, shape: [2] } }, [0, 0, 0, 0]),
      "tensor w lies outside the file",
    ],
    ["offsets beyond the file", file({ w: entry }, [0, 0, 0]), "tensor w lies outside the file"],
    ["values of no tensor", file({ w: entry }, [0, 0, 0, 0, 0]), "the tensors cover 4 bytes of 5"],
  ])("refuse %s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });
});
