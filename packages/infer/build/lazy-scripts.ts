import type { Plugin } from "vite";

/**
 * What is imported lazily and has a script of its own stays an import, of that script.
 * @param scripts files by the names of their scripts
 */
export function lazyScripts(scripts: Readonly<Record<string, string>>): Plugin {
  const names = new Map(Object.entries(scripts).map(([name, file]) => [file, name]));
  return {
    name: "lazy-scripts",
    enforce: "pre",
    async resolveId(source, importer, { kind }) {
      if (kind !== "dynamic-import") return undefined;
      const resolved = await this.resolve(source, importer, { skipSelf: true });
      const name = resolved && names.get(resolved.id);
      return name === undefined || name === null ? undefined : { id: `./${name}.js`, external: true };
    },
  };
}
