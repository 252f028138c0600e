import { readCard } from "@ncsn/core";
import { keepModel, keptModel } from "./kept-models.ts";
import { addressOf, brokenOff, requestModel } from "./read-model.ts";

/** How far a download is. */
export interface Progress {
  /** Bytes. */
  readonly loaded: number;
  /** Bytes in all, where the server says. */
  readonly total: number | undefined;
}

/**
 * Downloads a model and keeps it for `load`, in the browser's cache where there is one: progress as it comes, and
 * nothing but the end where it is kept already. Leaving the loop ends the download.
 * @throws ModelError, CardError where the address has no model
 */
export async function* preload(
  source: string | URL,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<Progress, void> {
  signal?.throwIfAborted();
  const url = addressOf(source);
  const kept = await keptModel(url, signal);
  if (kept !== undefined) {
    const { size } = await kept.blob();
    yield { loaded: size, total: size };
    return;
  }
  const answer = await requestModel(url, signal);
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const length = Number(answer.headers.get("content-length") ?? NaN);
  for await (const chunk of chunksOf(answer, (error) => brokenOff(url, signal, error))) {
    chunks.push(chunk);
    loaded += chunk.length;
    // A compressed answer has the length of what is sent, not of what comes out.
    yield { loaded, total: loaded <= length ? length : undefined };
  }
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  readCard(bytes); // what is no model is not kept
  await keepModel(url, bytes, answer);
}

/** Not every browser iterates over a stream by itself. */
async function* chunksOf(
  { body }: Response,
  broken: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    for (;;) {
      const { done, value } = (await reader?.read().catch((error: unknown) => {
        throw broken(error);
      })) ?? { done: true };
      if (done || value === undefined) return;
      yield value;
    }
  } finally {
    void reader?.cancel().catch(() => undefined);
  }
}
