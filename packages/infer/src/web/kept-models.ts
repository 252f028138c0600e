/**
 * Models that were downloaded before they are wanted: in the browser's Cache API, where they outlive the page, or in
 * memory where it has none for this page (http: beyond localhost, some private windows).
 */

/** The name among `caches`; `caches.delete("ncsn-models")` frees it. */
const cacheName = "ncsn-models";
const memory = new Map<string, Response>();

/** Headers that a changed file changes. */
const marks = ["etag", "last-modified", "content-length"];

/**
 * The model of an address, if it was kept and the server has no other by now. That costs one HEAD request; without an
 * answer what is kept will do.
 */
export async function keptModel(url: URL, signal?: AbortSignal): Promise<Response | undefined> {
  const kept = memory.get(url.href)?.clone() ?? (await openCache().then((cache) => cache?.match(url.href)));
  if (kept === undefined) return undefined;
  const head = await fetch(url, { method: "HEAD", cache: "no-cache", signal: signal ?? null }).catch(
    () => undefined,
  );
  signal?.throwIfAborted();
  const same = marks.every((mark) => {
    const [now, then] = [head?.headers.get(mark), kept.headers.get(mark)];
    return now == null || then === null || now === then;
  });
  return head?.ok !== true || same ? kept : undefined;
}

/** Keeps a model. @param answer what the server sent it with */
export async function keepModel(url: URL, bytes: Uint8Array<ArrayBuffer>, answer: Response): Promise<void> {
  const headers = new Headers();
  for (const mark of marks) {
    const value = answer.headers.get(mark);
    if (value !== null) headers.set(mark, value);
  }
  const kept = new Response(bytes, { headers });
  memory.delete(url.href);
  try {
    const cache = await openCache();
    if (cache === undefined) memory.set(url.href, kept);
    else await cache.put(url.href, kept.clone());
  } catch {
    memory.set(url.href, kept); // no room
  }
}

/** The cache, where this page may have one. */
async function openCache(): Promise<Cache | undefined> {
  const storage = (globalThis as { readonly caches?: CacheStorage }).caches;
  return storage?.open(cacheName).catch(() => undefined);
}
