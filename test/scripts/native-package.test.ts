import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { replaceParts } from "../../scripts/native-package.js";

// A package as it comes (no native part), and with an earlier one.
const states = {
  fresh: { "package.json": "{}" },
  installed: { "package.json": "{}", deps: "old", lib: "old" },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ncsn-package-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function contents(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}

const install = () =>
  replaceParts(
    folder,
    ["deps", "lib", "build"],
    async () => {
      expect(existsSync(join(folder, "deps"))).toBe(false);
      write({ deps: "new", lib: "new", "package.json": "edited" });
    },
    { kept: "package.json" },
  );

it.each(Object.values(states))("replaces the parts of %j and keeps the other file", async (state) => {
  write(state);
  await install();
  expect(contents()).toEqual({ "package.json": "{}", deps: "new", lib: "new" });
});

it.each(Object.values(states))("puts %j back when the build fails", async (state) => {
  write(state);
  const build = async () => {
    write({ deps: "half", "package.json": "edited" });
    throw new Error("no");
  };
  await expect(replaceParts(folder, ["deps", "lib"], build, { kept: "package.json" })).rejects.toThrow("no");
  expect(contents()).toEqual(state);
});

it.each(Object.values(states))("starts from %j after a kill during the build", async (state) => {
  write(state);
  const killed = `${folder}-killed`;
  // What a kill leaves is what lies there in the middle of the build.
  const build = async () => {
    write({ deps: "half", "package.json": "edited" });
    cpSync(folder, killed, { recursive: true });
    throw new Error("no");
  };
  await expect(replaceParts(folder, ["deps", "lib"], build, { kept: "package.json" })).rejects.toThrow("no");
  rmSync(folder, { recursive: true });
  cpSync(killed, folder, { recursive: true });
  rmSync(killed, { recursive: true });

  const failing = async () => {
    throw new Error("again");
  };
  await expect(replaceParts(folder, ["deps", "lib"], failing, { kept: "package.json" })).rejects.toThrow(
    "again",
  );
  expect(contents()).toEqual(state);
});

it("starts from what was there after a kill while setting aside", async () => {
  write({ "package.json": "{}", lib: "old" });
  mkdirSync(join(folder, ".moving"));
  writeFileSync(join(folder, ".moving", "deps"), "old");
  await expect(replaceParts(folder, ["deps", "lib"], () => Promise.reject(new Error("no")))).rejects.toThrow(
    "no",
  );
  expect(contents()).toEqual(states.installed);
});
