/**
 * Who may import what: the table of docs/decisions.md as data, and the checker that reads import statements with a
 * parser rather than by pattern.
 */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

export interface Import {
  /** What is written between the quotes; undefined where it is computed at run time. */
  readonly from: string | undefined;
  /** lazy: `import()`; type: gone after compilation. */
  readonly kind: "static" | "lazy" | "type";
}

/** Every import and re-export of a TypeScript source. Throws on a syntax error. */
export function importsOf(file: string, source: string): Import[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const imports: Import[] = [];
  const add = (kind: Import["kind"], node: unknown) => imports.push({ from: literal(node), kind });
  new Visitor({
    ImportDeclaration: (node) => add(node.importKind === "type" ? "type" : "static", node.source),
    ExportAllDeclaration: (node) => add(node.exportKind === "type" ? "type" : "static", node.source),
    ExportNamedDeclaration(node) {
      if (node.source !== null) add(node.exportKind === "type" ? "type" : "static", node.source);
    },
    ImportExpression: (node) => add("lazy", node.source),
    TSImportType: (node) => add("type", node.source),
    TSImportEqualsDeclaration(node) {
      const { moduleReference } = node;
      if (moduleReference.type === "TSExternalModuleReference") add("static", moduleReference.expression);
    },
    CallExpression(node) {
      if (node.callee.type === "Identifier" && node.callee.name === "require")
        add("static", node.arguments[0]);
    },
  }).visit(program);
  return imports;
}

function literal(node: unknown): string | undefined {
  const { value, quasis } = (node ?? {}) as { value?: unknown; quasis?: { value: { cooked: string } }[] };
  if (quasis?.length === 1) return quasis[0].value.cooked; // minifiers write all quotes as backticks
  return typeof value === "string" ? value : undefined;
}

/** A part of a package with rules of its own. A package's rooms are tried in order; the first whose `files` fit counts. */
export interface Room {
  /** Paths under src/. */
  readonly files: RegExp;
  /** Edges touch the machine (files, processes, native libraries); what is not an edge must not reach one. */
  readonly edge?: boolean;
  /** Packages (with their subpaths written out) that may be imported in every way. */
  readonly may: readonly string[];
  /** Packages that only `import()` and type imports may name. */
  readonly lazily?: readonly string[];
  /** Packages that only type imports may name. */
  readonly types?: readonly string[];
  /** Files that may import what they compute at run time, beside the edges. */
  readonly computed?: RegExp;
}

/**
 * What is wrong with the imports of one file, in words.
 *
 * @param file Path under the package's src/, with slashes.
 */
export function violations(rooms: readonly Room[], file: string, source: string): string[] {
  const room = roomOf(rooms, file);
  if (room === undefined) return ["belongs to no part of the package"];
  const found: string[] = [];
  for (const { from, kind } of importsOf(file, source)) {
    if (from === undefined) {
      if (room.edge !== true && room.computed?.test(file) !== true)
        found.push("imports what is computed at run time");
    } else if (from.startsWith(".")) {
      const target = posix.join(posix.dirname(file), from);
      if (target.startsWith("..")) found.push(`leaves its package: ${from}`);
      else if (room.edge !== true && kind !== "type" && roomOf(rooms, target)?.edge === true) {
        found.push(`reaches an edge: ${from}`);
      }
    } else if (isBuiltin(from)) {
      if (room.edge !== true) found.push(`imports a Node built-in: ${from}`);
    } else if (room.may.includes(from)) continue;
    else if (room.lazily?.includes(from)) {
      if (kind === "static") found.push(`imports ${from} at once (only lazily, with import())`);
    } else if (room.types?.includes(from)) {
      if (kind !== "type") found.push(`imports ${from} (only its types)`);
    } else found.push(`imports ${from}`);
  }
  return found;
}

function roomOf(rooms: readonly Room[], file: string): Room | undefined {
  return rooms.find(({ files }) => files.test(file));
}
