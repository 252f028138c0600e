import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const bootstrap = join(import.meta.dirname, "../../scripts/bootstrap.js");

it.each(["18.20.4", "20.18.3", "21.7.0", "22.11.0"])("refuses Node %s in one line", (version) => {
  const pretend = `Object.defineProperty(process, "versions", { value: { node: "${version}" } })`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`, bootstrap, "test"],
    { encoding: "utf8" },
  );
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: "",
    stderr: `error: Node ${version} is too old: 20.19 or 22.12 or newer is needed\n`,
  });
});

it("refuses a task that it does not know", () => {
  const { status, stderr } = spawnSync(process.execPath, [bootstrap, "tour"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: "error: invalid task: tour (known: start, test)\n",
  });
});
