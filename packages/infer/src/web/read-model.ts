import { ModelError } from "../model.ts";
import { statusOf } from "./complaint-about.ts";

/** Where a model can come from: an address (as text, against the page's), a file that was dropped or chosen, bytes. */
export type ModelSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/** The bytes of a model. @throws ModelError where there are none */
export async function readModel(source: ModelSource, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted();
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const url = new URL(source, document.baseURI);
  const response = await request(url, signal);
  return new Uint8Array(await response.arrayBuffer());
}

/** Asks for a model. @throws ModelError where the answer is none */
export async function request(url: URL, signal: AbortSignal | undefined): Promise<Response> {
  const fail = (why: string, cause?: unknown): ModelError =>
    new ModelError(`cannot download the model ${url.href}: ${why}`, { cause });
  const response = await fetch(url, { signal: signal ?? null }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw fail("it cannot be reached, or its server does not let this page read it (CORS)", error);
  });
  if (!response.ok) throw fail(statusOf(response));
  if (/text\/html/.test(response.headers.get("content-type") ?? ""))
    throw fail("the answer is a web page, not a model");
  return response;
}
