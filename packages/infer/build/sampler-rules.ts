import { basename, dirname } from "node:path";
import { parseSync, Visitor, type ESTree, type Plugin } from "vite";

/**
 * What a page has of every sampler from the beginning: its rules, by which requests are checked. An algorithm, `run`, is
 * a script of its own, which has no rules and is imported when it is to run. Texts for lists are in neither, since a
 * page's script prints none.
 * @param folder of the samplers' files
 */
export function samplerRules(folder: string): Plugin {
  return {
    name: "sampler-rules",
    transform(code, id) {
      if (dirname(id) !== folder) return undefined;
      const isAlgorithm = this.getModuleInfo(id)?.isEntry === true;
      const imported = `async *run(...given) { return yield* (await import("./${basename(id)}")).run(...given); },`;
      const edits: Edit[] = [];
      let sampler = "";
      new Visitor({
        VariableDeclarator({ id, init }) {
          if (id.type !== "Identifier" || init?.type !== "ObjectExpression") return;
          if (init.properties.some(isRun)) sampler = id.name;
        },
        ObjectExpression({ properties }) {
          const hasRun = properties.some(isRun);
          for (const property of properties)
            if (isRun(property) && !isAlgorithm) edits.push({ ...property, by: imported });
            else if (isText(property) || (hasRun && !isRun(property) && isAlgorithm))
              edits.push({ ...property, by: "" });
        },
      }).visit(parseSync(id, code).program);
      const exported = isAlgorithm ? `\nexport const { run } = ${sampler};` : "";
      return { code: edited(code, edits) + exported, map: null };
    },
  };
}

const nameOf = (property: ESTree.ObjectPropertyKind): string | undefined =>
  property.type === "Property" && property.key.type === "Identifier" ? property.key.name : undefined;

/** An algorithm, and not one that calls another's. */
const isRun = (property: ESTree.ObjectPropertyKind): boolean =>
  nameOf(property) === "run" &&
  property.type === "Property" &&
  property.value.type === "FunctionExpression" &&
  property.value.generator;

const isText = (property: ESTree.ObjectPropertyKind): boolean =>
  ["about", "summary"].includes(nameOf(property) ?? "");

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

/** Replaces properties and the commas after them. Every line stays where it was, for the source map. */
function edited(code: string, edits: readonly Edit[]): string {
  let done = "";
  let at = 0;
  for (const { start, end, by } of edits.toSorted((a, b) => a.start - b.start)) {
    if (start < at) continue; // inside one that is gone
    const [comma] = /^\s*,?/.exec(code.slice(end)) ?? [""];
    const to = end + (comma.endsWith(",") ? comma.length : 0);
    done += code.slice(at, start) + by + code.slice(start, to).replace(/[^\n]/g, "");
    at = to;
  }
  return done + code.slice(at);
}
