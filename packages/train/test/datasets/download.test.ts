import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { cached, cacheFolder } from "../../src/datasets/download.ts";
import { deadAddress, fileServer } from "./file-server.ts";
import { refusal } from "./refusal.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const file = { name: "numbers.gz", md5: createHash("md5").update(content).digest("hex") };
const good = () =>
  fileServer((request, response) => void response.end(request.url === "/numbers.gz" ? content : "?"));

afterEach(() => vi.unstubAllEnvs());

describe("the cache", () => {
  it("lies in $XDG_CACHE_HOME, or else in ~/.cache", () => {
    vi.stubEnv("XDG_CACHE_HOME", "/somewhere");
    expect(cacheFolder("mnist")).toBe(join("/somewhere", "ncsn", "mnist"));
    vi.stubEnv("XDG_CACHE_HOME", "not/absolute");
    expect(cacheFolder("mnist")).toBe(join(homedir(), ".cache", "ncsn", "mnist"));
  });

  it("gets a file once, makes its folder, and keeps nothing else", async () => {
    let requests = 0;
    const mirror = await fileServer((_, response) => {
      requests++;
      response.end(content);
    });
    const folder = join(temporaryFolder(), "a", "b");
    for (let i = 0; i < 2; i++) expect(await cached(file, folder, [mirror])).toBe(join(folder, "numbers.gz"));
    expect(requests).toBe(1);
    expect(readdirSync(folder)).toEqual(["numbers.gz"]);
    expect(readFileSync(join(folder, "numbers.gz")).equals(content)).toBe(true);
  });

  it("replaces a file that was damaged there", async () => {
    const folder = temporaryFolder({ "numbers.gz": content.subarray(0, 1000) });
    await cached(file, folder, [await good()]);
    expect(readFileSync(join(folder, "numbers.gz")).equals(content)).toBe(true);
  });

  it("asks the mirrors in turn until one has the right bytes", async () => {
    const asked: string[] = [];
    const bad = await fileServer((request, response) => {
      asked.push(request.url ?? "");
      if (request.url?.startsWith("/404")) response.writeHead(404).end();
      else response.end("something else");
    });
    const folder = temporaryFolder();
    await cached(file, folder, [await deadAddress(), `${bad}404/`, `${bad}wrong/`, await good()]);
    expect(asked).toEqual(["/404/numbers.gz", "/wrong/numbers.gz"]);
    expect(readdirSync(folder)).toEqual(["numbers.gz"]);
  });
});

describe("a failed download leaves the cache empty and says in one line why:", () => {
  it.each([
    [
      "wrong bytes",
      (r: Answer) => void r.end("surprise"),
      /^wrong checksum: numbers\.gz \(http.*: MD5 [0-9a-f]{32}, need [0-9a-f]{32}\); with/,
    ],
    [
      "404",
      (r: Answer) => void r.writeHead(404).end(),
      /^all mirrors failed: numbers\.gz \(http.*numbers\.gz: HTTP 404\); with/,
    ],
    ["503", (r: Answer) => void r.writeHead(503).end("later"), /^all mirrors failed: .* HTTP 503/],
    ["cut off", cutOff, /^no network: cannot fetch numbers\.gz \(http:.*: UND_ERR_SOCKET\)/],
  ])("%s", async (_, answer, message) => {
    const folder = temporaryFolder();
    const mirror = await fileServer((_request, response) => answer(response));
    expect(await refusal(cached(file, folder, [mirror]))).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("nobody there", async () => {
    const fetching = cached(file, temporaryFolder(), [await deadAddress(), await deadAddress()]);
    expect(await refusal(fetching)).toMatch(
      /^no network: cannot fetch numbers\.gz \(http:.*: ECONNREFUSED; http:.*: ECONNREFUSED\); with the files in a folder, pass --data FOLDER$/,
    );
  });

  it("a checksum beside a dead mirror", async () => {
    const wrong = await fileServer((_, response) => void response.end("surprise"));
    expect(await refusal(cached(file, temporaryFolder(), [await deadAddress(), wrong]))).toMatch(
      /^wrong checksum: .*ECONNREFUSED; .*MD5/,
    );
  });

  it("a cache that cannot be written", async () => {
    const folder = temporaryFolder({ file: "" });
    expect(await refusal(cached(file, join(folder, "file", "x"), [await good()]))).toMatch(
      /^cannot write to the cache: .*file.x \(ENOTDIR\)$/,
    );
  });
});

describe("a download that is interrupted", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "by %s leaves nothing and ends as that signal does",
    async (signal) => {
      const { folder, child, ended } = await downloading();
      child.kill(signal);
      expect(await ended).toBe(signal);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it("by SIGKILL leaves no file of its name, and the next one clears up", async () => {
    const { folder, child, ended } = await downloading();
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    expect(readdirSync(folder)).toEqual([`numbers.gz.${child.pid}.partial`]);
    await cached(file, folder, [await good()]);
    expect(readdirSync(folder)).toEqual(["numbers.gz"]);
  });
});

/** A process of its own that has half of the file and waits for the rest. */
async function downloading() {
  const mirror = await fileServer((_, response) => void response.write(content.subarray(0, 150_000)));
  const folder = temporaryFolder();
  const module = new URL("../../dist/datasets/download.js", import.meta.url);
  const code = `import { cached } from ${JSON.stringify(module)}; await cached(...${JSON.stringify([file, folder, [mirror]])});`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((resolve) => child.on("exit", (exit, signal) => resolve(signal ?? exit)));
  const partial = join(folder, `numbers.gz.${child.pid}.partial`);
  while (child.exitCode === null && !(existsSync(partial) && readFileSync(partial).length > 0))
    await sleep(10);
  return { folder, child, ended };
}

type Answer = Parameters<Parameters<typeof fileServer>[0]>[1];

function cutOff(response: Answer): void {
  response.writeHead(200, { "content-length": content.length });
  response.write(content.subarray(0, 5000), () => response.destroy());
}
