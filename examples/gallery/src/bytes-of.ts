/** The bytes of a model that a visitor dropped, or that a server has. @throws Error where it has none */
export async function bytesOf(source: File | URL, signal: AbortSignal): Promise<Uint8Array> {
  if (source instanceof File) return new Uint8Array(await source.arrayBuffer());
  const response = await fetch(source, { signal });
  if (!response.ok) throw new Error(`${source.href} is answered with ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
