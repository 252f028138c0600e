import type { Started } from "./page-worker.ts";

/** What the Worker is called, by which the script knows that it is in it. */
const name = "ncsn sampling";

/** Whether this is the Worker that {@link startItself} has started, and not the page. */
export const isStarted =
  !("document" in globalThis) && (globalThis as { readonly name?: string }).name === name;

/** Starts a Worker of the very script that the page has: one file does for both, and is downloaded once. */
export function startItself(): Started {
  const script = new URL(import.meta.url);
  const start = (url: string | URL): Worker => new Worker(url, { type: "module", name });
  if (script.origin === location.origin) return { worker: start(script), script };
  // A page may start no worker of another server, but one of its own that imports it.
  const source = new Blob([`import ${JSON.stringify(script.href)};`], { type: "text/javascript" });
  const url = URL.createObjectURL(source);
  const worker = start(url);
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // by then it has been read
  return { worker, script };
}
