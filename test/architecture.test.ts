import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { importsOf, violations, type Room } from "./architecture.ts";

const commandLine = ["yargs", "yargs/helpers", "cli-progress"];

/** Who may import what. Node's built-ins belong to the edges alone. */
const packages: Record<"core" | "infer" | "export" | "train", readonly Room[]> = {
  core: [{ files: /./, may: [] }],
  infer: [
    {
      files: /^node\/|^cli\.ts$/,
      edge: true,
      may: ["@ncsn/core", "onnxruntime-common", "gifenc", "sharp", ...commandLine],
      lazily: ["@observablehq/plot", "linkedom", "onnxruntime-node"],
    },
    {
      files: /^web\//,
      may: ["@ncsn/core"],
      lazily: ["onnxruntime-web", "onnxruntime-web/wasm", "onnxruntime-web/webgpu", "onnxruntime-web/jspi"],
      types: ["onnxruntime-common"],
      computed: /^web\/runtime-from-address\.ts$/, // the address of ONNX Runtime's script
    },
    { files: /./, may: ["@ncsn/core"], types: ["onnxruntime-common"] },
  ],
  export: [
    { files: /^cli\/|^cli\.ts$/, edge: true, may: ["@ncsn/core", "@ncsn/infer/node", ...commandLine] },
    { files: /./, may: ["@ncsn/core", "onnx-proto"] },
  ],
  train: [
    {
      // tfjs's engine opens its backend
      files:
        /^(bench|cli|datasets|evaluate|judge|report|run|onnxruntime\/node)\/|^tfjs\/(available|backends|engine)\.ts$|^(cli|node)\.ts$/,
      edge: true,
      may: [
        "@ncsn/core",
        "@ncsn/export",
        "@ncsn/infer",
        "@ncsn/infer/node",
        "@tensorflow/tfjs",
        "ml-matrix",
        "onnxruntime-common",
        "sharp",
        "tar",
        ...commandLine,
      ],
      lazily: [
        "@tensorflow/tfjs-node",
        "@tensorflow/tfjs-node-gpu",
        "@tensorflow/tfjs-backend-webgpu",
        "onnxruntime-node",
        "playwright-core",
        "webgpu",
      ],
    },
    {
      files: /^web\//,
      may: ["@ncsn/core", "@ncsn/export", "comlink"],
      lazily: ["onnxruntime-web/wasm"],
      types: ["onnxruntime-common"],
    },
    {
      files: /./,
      may: ["@ncsn/core", "@ncsn/export", "@ncsn/infer", "@tensorflow/tfjs"],
      types: ["onnxruntime-common"],
    },
  ],
};

const root = join(import.meta.dirname, "..");

/** The source files below a folder, as paths relative to it with slashes. */
function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /\.(ts|js)$/.test(file));
}

describe.each(Object.entries(packages))("%s", (name, rooms) => {
  const folder = `packages/${name}/src`;

  it("imports only what its part may", () => {
    const found = sourcesIn(folder).flatMap((file) =>
      violations(rooms, file, readFileSync(join(root, folder, file), "utf8")).map(
        (what) => `${file} ${what}`,
      ),
    );
    expect(found).toEqual([]);
  });

  it("declares what it may import", () => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as Record<
      string,
      Record<string, string> | undefined
    >;
    const declared = ["dependencies", "optionalDependencies", "peerDependencies"].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {}),
    );
    const used = sourcesIn(folder)
      .flatMap((file) => importsOf(file, readFileSync(join(root, folder, file), "utf8")))
      .flatMap(({ from }) => (from === undefined || /^(\.|node:)/.test(from) ? [] : [packageOf(from)]));
    expect([...new Set(used)].filter((dependency) => !declared.includes(dependency))).toEqual([]);
  });
});

/** "@scope/name/sub/path" → "@scope/name". */
function packageOf(from: string): string {
  return from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");
}

describe("files", () => {
  const files = ["packages/core/src", "packages/infer/src", "packages/export/src", "packages/train/src"]
    .concat("scripts", "test", "examples/gallery/src")
    .flatMap((folder) => sourcesIn(folder).map((file) => `${folder}/${file}`));

  it("are named after what they are", () => {
    const vague = /^(utils?|helpers?|common|types?|misc|lib|shared)$/;
    const named = files.filter((file) =>
      file.split("/").some((part) => vague.test(part.replace(/\..*$/, ""))),
    );
    expect(named).toEqual([]);
  });

  it("are in kebab-case", () => {
    expect(
      files.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.(ts|js)$/.test(basename(file))),
    ).toEqual([]);
  });

  it("say in the comment on top why they are long, if over 250 lines", () => {
    const silent = files.filter((file) => {
      const text = readFileSync(join(root, file), "utf8");
      return text.split("\n").length > 251 && !saysWhyLong(text);
    });
    expect(silent).toEqual([]);
  });
});

/** The convention: the comment that opens the file has the word "long" or "lines" in its reason. */
function saysWhyLong(text: string): boolean {
  const [header] = /^\s*\/\*\*[^]*?\*\/|^(\s*\/\/.*\n)+/.exec(text) ?? [""];
  return /\b(long|lines)\b/.test(header);
}

describe("the checker", () => {
  it.each([
    ["core", "rng.ts", `import { readFileSync } from "node:fs";`, "imports a Node built-in: node:fs"],
    ["core", "rng.ts", `import fs from "fs";`, "imports a Node built-in: fs"],
    ["core", "rng.ts", `const fs = await import("node:fs");`, "imports a Node built-in: node:fs"],
    ["core", "rng.ts", `export * from "lodash";`, "imports lodash"],
    ["core", "rng.ts", `export { a } from "lodash";`, "imports lodash"],
    ["core", "rng.ts", `type A = import("lodash").A;`, "imports lodash"],
    ["core", "rng.ts", `import lodash = require("lodash");`, "imports lodash"],
    ["core", "rng.ts", `const lodash = require("lodash");`, "imports lodash"],
    ["core", "rng.ts", `const a = await import("lod" + "ash");`, "imports what is computed at run time"],
    [
      "core",
      "nn/shapes.ts",
      `import "../../../infer/src/index.ts";`,
      "leaves its package: ../../../infer/src/index.ts",
    ],
    ["infer", "index.ts", `import { open } from "./node/index.ts";`, "reaches an edge: ./node/index.ts"],
    [
      "infer",
      "index.ts",
      `import { Tensor } from "onnxruntime-common";`,
      "imports onnxruntime-common (only its types)",
    ],
    [
      "infer",
      "node/index.ts",
      `import "onnxruntime-node";`,
      "imports onnxruntime-node at once (only lazily, with import())",
    ],
    ["infer", "cli.ts", `import "@ncsn/export";`, "imports @ncsn/export"],
    ["infer", "web/load.ts", `import "node:fs";`, "imports a Node built-in: node:fs"],
    ["infer", "web/load.ts", `import "../node/cores.ts";`, "reaches an edge: ../node/cores.ts"],
    ["infer", "web/load.ts", `await import(String(url));`, "imports what is computed at run time"],
    [
      "infer",
      "web/worker.ts",
      `import "onnxruntime-web/wasm";`,
      "imports onnxruntime-web/wasm at once (only lazily, with import())",
    ],
    ["infer", "cli.ts", `import "@ncsn/core/dist/rng.js";`, "imports @ncsn/core/dist/rng.js"],
    ["export", "graph.ts", `import "@ncsn/infer/node";`, "imports @ncsn/infer/node"],
    ["train", "engine.ts", `import "onnxruntime-node";`, "imports onnxruntime-node"],
  ] as const)("sees that %s/%s may not say: %s", (name, file, source, what) => {
    expect(violations(packages[name], file, source)).toEqual([what]);
  });

  it.each([
    [
      "core",
      "nn/shapes.ts",
      `import type { Nn } from "../nn.ts"; // import "lodash"\nconst text = 'import "fs"';`,
    ],
    ["infer", "index.ts", `import type { Tensor } from "onnxruntime-common";`],
    [
      "infer",
      "node/index.ts",
      `import type { Tensor } from "onnxruntime-node"; await import("onnxruntime-node");`,
    ],
    ["infer", "web/worker.ts", `await import("onnxruntime-web/wasm");`],
    ["infer", "web/runtime-from-address.ts", `await import(String(url));`],
    ["export", "cli.ts", `import { load } from "@ncsn/infer/node"; import { join } from "node:path";`],
  ] as const)("lets %s/%s say: %s", (name, file, source) => {
    expect(violations(packages[name], file, source)).toEqual([]);
  });
});
