/**
 * `pnpm demo`: builds the gallery and serves it on the loopback, with the headers that give a page threads, until Ctrl-C.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { commandLine, Failure, run } from "./command.js";
import { root } from "./native-package.js";

/** Where the demo is unless told, or on a free port if that one is taken. */
const usualPort = 8080;

const help = `usage: pnpm demo [--port N] [--no-open]

Builds examples/gallery, serves it on this machine alone and opens it in the browser. Ctrl-C ends it.

  --port N    port to serve on; ${usualPort} unless told, or a free one if that is taken
  --no-open   only print the address

Exit: 0 ended by Ctrl-C, 1 cannot build or serve, 2 bad usage.`;

/** Cross-origin isolation, without which a page has one thread. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

await run(async () => {
  const { port, "no-open": quiet } = commandLine(
    { port: { type: "string" }, "no-open": { type: "boolean" } },
    help,
  );
  const wanted = port === undefined ? undefined : portOf(port);
  const folder = await buildGallery();
  const server = createServer(await handlerOf(folder));
  const url = `http://localhost:${await listen(server, wanted)}/`;
  const ended = interrupted();
  console.log(url);
  console.error("Ctrl-C ends it");
  if (quiet !== true) open(url);
  await ended;
  server.closeAllConnections();
  server.close();
});

/** @param {string} given */
function portOf(given) {
  const port = Number(given);
  if (/^\d+$/.test(given) && port <= 65_535) return port;
  throw new Failure(`invalid port: ${given} (need an integer from 0 to 65535; 0 takes a free one)`, 2);
}

async function buildGallery() {
  const { build } = await import("vite");
  const gallery = join(root, "examples", "gallery");
  console.error("building the gallery");
  await build({ root: gallery, configFile: join(gallery, "vite.config.ts"), logLevel: "error" });
  return join(gallery, "dist");
}

/** @param {string} folder @returns {Promise<import("node:http").RequestListener>} */
async function handlerOf(folder) {
  const { default: sirv } = await import("sirv");
  const files = sirv(folder, {
    etag: true,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    },
  });
  return (request, response) =>
    files(request, response, () => {
      response.writeHead(404).end("not found");
    });
}

/**
 * @param {import("node:http").Server} server
 * @param {number | undefined} wanted
 * @returns {Promise<number>} the port
 */
async function listen(server, wanted) {
  /** @param {number} port */
  const attempt = (port) =>
    new Promise((resolve, reject) => {
      server.once("error", reject).listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve(undefined);
      });
    });
  try {
    await attempt(wanted ?? usualPort);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (wanted !== undefined)
      throw new Failure(`cannot serve on port ${wanted} (${code}); --port 0 takes a free one`);
    await attempt(0);
  }
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}

/** Ctrl-C, or a polite kill. */
function interrupted() {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
  });
}

/** Opens the system's browser; without one the address is on the terminal. @param {string} url */
function open(url) {
  const commands = { darwin: ["open", url], win32: ["cmd", "/c", "start", "", url] };
  const [command, ...args] = commands[/** @type {"darwin"} */ (process.platform)] ?? ["xdg-open", url];
  spawn(command, args, { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
