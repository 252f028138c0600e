import type { Started } from "./page-worker.ts";

/** The Worker's file in dist/browser. */
const file = "ncsn-worker.js";

/** Starts the Worker whose script lies beside this one. */
export function startBeside(): Started {
  const script = new URL(/* @vite-ignore */ file, import.meta.url);
  if (script.origin === location.origin) return { worker: new Worker(script, { type: "module" }), script };
  // A page may start no worker of another server, but one of its own that imports it.
  const source = new Blob([`import ${JSON.stringify(script.href)};`], { type: "text/javascript" });
  const url = URL.createObjectURL(source);
  const worker = new Worker(url, { type: "module" });
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return { worker, script };
}
