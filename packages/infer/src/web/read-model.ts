import { ModelError } from "../model.ts";
import { statusOf } from "./complaint-about.ts";
import { keptModel } from "./kept-models.ts";

/** Where a model can come from: an address (as text, against the page's), a file that was dropped or chosen, bytes. */
export type ModelSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/** The bytes of a model, from what `preload` has kept where it is still what the server has. @throws ModelError */
export async function readModel(source: ModelSource, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted();
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return readBlob(source);
  const url = addressOf(source);
  const response = (await keptModel(url, signal)) ?? (await requestModel(url, signal));
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw brokenOff(url, signal, error);
  }
}

/** An address in full. @throws ModelError where it is none */
export function addressOf(source: string | URL): URL {
  try {
    return new URL(source, document.baseURI);
  } catch {
    throw new ModelError(`cannot download the model ${String(source)}: this is no address`);
  }
}

/** Asks a server for a model. @throws ModelError where the answer is none */
export async function requestModel(url: URL, signal: AbortSignal | undefined): Promise<Response> {
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

/** What to throw when a download ends in the middle: the signal's reason, or ModelError. */
export function brokenOff(url: URL, signal: AbortSignal | undefined, cause: unknown): unknown {
  if (signal?.aborted === true) return signal.reason;
  return new ModelError(`cannot download the model ${url.href}: it broke off`, { cause });
}

async function readBlob(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    const name = blob instanceof File ? ` ${blob.name}` : "";
    throw new ModelError(`cannot read the model${name}: ${(cause as Error).message}`, { cause });
  }
}
