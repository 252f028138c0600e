/**
 * The portable lowering on WebGPU, in software: that every node has a kernel there, and computes the same. A few cases
 * stand for all, since compiling shaders takes seconds; Sin and Cos are not among them, of which WGSL promises 2⁻¹¹.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { evaluate, lower, portable } from "@ncsn/export";
import { describe, expect, test } from "vitest";
import { relativeError } from "./derivatives.ts";
import { feed, recordCase } from "./record-case.ts";
import { caseInputs, ruleCases } from "./rule-cases.ts";
import { runGraph, withOutputs } from "./runtime.ts";

/** A Vulkan device in software, which comes with Chromium. */
const swiftShader = ["/usr/lib/chromium", "/usr/lib/chromium-browser"]
  .map((folder) => join(folder, "vk_swiftshader_icd.json"))
  .find(existsSync);
if (swiftShader !== undefined) process.env.VK_ICD_FILENAMES = swiftShader;

const chosen = new Set([
  "Conv 3x3",
  "Conv stride 3, dilation 2",
  "Conv 2x3 with uneven padding",
  "MaxPool 3x1, stride 2, padded",
  "Resize, linear, up",
  "Gather by computed indices",
  "ReduceMean of the batch",
]);
const cases = ruleCases.filter(({ name }) => chosen.has(name));

if (swiftShader === undefined)
  console.log("skipped: no SwiftShader, which Debian's chromium brings, for WebGPU in software");
describe.skipIf(swiftShader === undefined)("WebGPU", () => {
  test("all chosen cases are there", () => {
    expect(cases.length).toBe(chosen.size);
  });

  test.each(cases)("$name", { timeout: 120_000 }, async (ruleCase) => {
    const { graph, names, gradients } = recordCase(ruleCase);
    const feeds = feed(names, caseInputs(ruleCase));
    const expected = [...evaluate(graph, feeds, gradients).values()];
    const actual = await runGraph(lower(withOutputs(graph, gradients), portable), feeds, "webgpu");
    expected.forEach(({ data }, i) => expect(relativeError(actual[i], data)).toBeLessThan(1e-5));
  });
});
