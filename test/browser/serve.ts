import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import sirv from "sirv";

/** A folder on a loopback port. */
export interface Served {
  /** `http://localhost:PORT/` */
  readonly url: string;
  close(): Promise<void>;
}

/** What a server does beside handing out files. */
export interface ServeOptions {
  /** Send the headers of cross-origin isolation, without which a page has no threads in WASM; true unless told. */
  readonly isolated?: boolean;
  /** Further headers: a content security policy, say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Serves a folder until it is closed. What is not there is a 404. */
export async function serve(
  folder: string,
  { isolated = true, headers = {} }: ServeOptions = {},
): Promise<Served> {
  const all = {
    ...(isolated && {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    }),
    ...headers,
  };
  const handle = sirv(folder, {
    dev: true,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(all)) response.setHeader(name, value);
    },
  });
  const server = createServer((request, response) =>
    handle(request, response, () => {
      response.writeHead(404).end("not found");
    }),
  );
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
