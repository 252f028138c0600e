import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { CardError } from "@ncsn/core";
import { DeviceError, load, ModelError, type LoadOptions } from "@ncsn/infer/node";
import { gaussianModel } from "./gaussian-model.ts";

const folder = mkdtempSync(join(tmpdir(), "ncsn-load-"));
const file = join(folder, "gaussian model.onnx");
writeFileSync(file, gaussianModel());
afterAll(() => rmSync(folder, { recursive: true }));

const cpu: LoadOptions = { device: "cpu" };

describe("load", () => {
  it("reads a path, a file URL, a URL as text, and bytes", async () => {
    for (const source of [file, pathToFileURL(file), pathToFileURL(file).href, gaussianModel()]) {
      const model = await load(source, cpu);
      expect(model.card.name).toBe("gaussian");
      await model.dispose();
    }
  });

  it("downloads, and says when there is nothing to download", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/model.onnx") response.end(gaussianModel());
      else response.writeHead(404).end();
    }).listen(0);
    const url = `http://localhost:${(server.address() as AddressInfo).port}`;
    const model = await load(`${url}/model.onnx`, cpu);
    expect((await model.sample()).shape).toEqual([1, 1, 4, 4]);
    await model.dispose();
    await expect(load(`${url}/other.onnx`, cpu)).rejects.toThrow(
      `cannot download the model ${url}/other.onnx: 404 Not Found`,
    );
    server.close();
  });

  it("is auto unless told, and says why not the others", async () => {
    const model = await load(file);
    const { device } = model;
    expect(["cpu", "webgpu", "cuda"]).toContain(device.name);
    expect(
      device.unused
        .map(({ name }) => name)
        .concat(device.name)
        .sort(),
    ).toEqual(["cpu", "cuda", "webgpu"]);
    for (const { reason } of device.unused) expect(reason).toMatch(/^[^\n]{5,}$/);
    await model.dispose();
  });

  it("takes threads and workers", async () => {
    const model = await load(file, { ...cpu, threads: 3, workers: 2 });
    expect(model.device).toMatchObject({ name: "cpu", threads: 2, workers: 2 });
    await model.dispose();
  });

  it("heeds the signal", async () => {
    const reason = new Error("not now");
    await expect(load(file, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const loading = load(file, { ...cpu, signal: controller.signal });
    controller.abort(reason);
    await expect(loading).rejects.toBe(reason);
  });
});

const whole = gaussianModel();
const withCard = (card: object) => gaussianModel({ card });

describe("load refuses", () => {
  it.each<[string, string | Uint8Array, new (message: string) => Error, string]>([
    [
      "a file that is not there",
      "/nowhere.onnx",
      ModelError,
      "cannot read the model /nowhere.onnx: there is no such file",
    ],
    ["a folder", folder, ModelError, `cannot read the model ${folder}: it is a folder`],
    ["nothing", new Uint8Array(), CardError, "no model card in this ONNX file"],
    ["text", Buffer.from("<!doctype html><html></html>"), CardError, "this is not an ONNX file"],
    ["a truncated file", whole.subarray(0, 200), CardError, "this is not an ONNX file, or it is truncated"],
    ["a model without a card", gaussianModel({}, false), CardError, "no model card in this ONNX file"],
    ["a card of another version", withCard({ version: 2 }), CardError, "unknown model card version: 2"],
    [
      "wrong numbers",
      gaussianModel({ flaw: 1.01 }),
      ModelError,
      "gaussian on cpu: its scores are off by 0.0",
    ],
    [
      "another shape",
      withCard({ shape: [1, 4, 5] }),
      ModelError,
      "x of this network is [batch, 1, 4, 4], its card says [batch, 1, 4, 5]",
    ],
    [
      "classes without labels",
      withCard({ classes: ["a"] }),
      ModelError,
      "this network has no label (int32): it takes x, sigma and gives score",
    ],
  ])("%s", async (_, source, kind, message) => {
    const error: unknown = await load(source, cpu).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain("\n");
  });

  it("an unknown device, no threads, and a device that is not here", async () => {
    await expect(load(file, { device: "tpu" as "cpu" })).rejects.toThrow(
      "unknown device: tpu (known: auto, cpu, cuda, webgpu)",
    );
    await expect(load(file, { threads: 0 })).rejects.toThrow("invalid threads: 0 (need an integer >= 1)");
    const error: unknown = await load(file, { device: "cuda" }).catch((error: unknown) => error);
    if (error instanceof Error) expect(error).toBeInstanceOf(DeviceError);
  });

  it("wrong numbers only if it may check them", async () => {
    const model = await load(gaussianModel({ flaw: 1.01 }), { ...cpu, verify: false });
    expect(await model.verify()).toBeGreaterThan(0.005);
    await model.dispose();
  });
});
