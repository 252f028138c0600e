/** Why a file that the page needs does not work: servers that answer with something else are the commonest trouble. */

const kinds = {
  script: { type: /javascript/, is: "a script (text/javascript)" },
  wasm: { type: /./, is: "WebAssembly (application/wasm)" },
} as const;

/** @returns one line on what the server answers, undefined where that is as it should be */
export async function complaintAbout(url: URL, kind: keyof typeof kinds): Promise<string | undefined> {
  const { type, is } = kinds[kind];
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    return `${url.href} cannot be reached, or its server does not let this page read it (CORS)`;
  }
  try {
    if (!response.ok) return `${url.href} is answered with ${statusOf(response)}`;
    const served = response.headers.get("content-type") ?? "no content type";
    if (/text\/html/.test(served)) return `${url.href} is answered with a web page, not with ${is}`;
    if (!type.test(served)) return `${url.href} is served as ${served}, and must be ${is}`;
    if (kind === "wasm" && !(await startsAsWasm(response))) return `${url.href} is not ${is}`;
    return undefined;
  } finally {
    await response.body?.cancel().catch(() => undefined);
  }
}

/** "404 Not Found"; HTTP/2 has no words. */
export const statusOf = ({ status, statusText }: Response): string => `${status} ${statusText}`.trim();

async function startsAsWasm(response: Response): Promise<boolean> {
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  reader?.releaseLock();
  return value !== undefined && String.fromCharCode(...value.subarray(0, 4)) === "\0asm";
}
