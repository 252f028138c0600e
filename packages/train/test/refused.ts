import { expect, vi } from "vitest";
import { main } from "../src/cli/main.ts";

/** What `train` is refused with in a folder. */
export const refused = (folder: string, ...args: readonly string[]): Promise<string> =>
  refusedBy(folder, "train", ...args);

/** What a command is refused with in a folder: one line, exit 2. In this process, which is faster than one of its own. */
export async function refusedBy(folder: string, ...args: readonly string[]): Promise<string> {
  const [said, printed] = (["error", "log"] as const).map((stream) =>
    vi.spyOn(console, stream).mockImplementation(() => undefined),
  );
  const home = process.cwd();
  process.chdir(folder);
  const code = await main(args);
  process.chdir(home);
  const lines = said.mock.calls.map(String);
  expect({ code, printed: printed.mock.calls, lines }).toEqual({
    code: 2,
    printed: [],
    lines: [expect.anything()],
  });
  vi.restoreAllMocks();
  expect(lines[0]).toMatch(/^error: .*$/);
  return lines[0].slice("error: ".length);
}
