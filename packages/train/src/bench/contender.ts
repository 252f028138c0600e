/** The measuring side of the bench: a child process that is asked a line at a time; see `serve.ts`. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Command, Hello } from "./serve.ts";

/** How to start a contender. */
export interface Entry {
  /** Short, for tables: "onnxruntime", "peer". */
  readonly name: string;
  readonly executable: string;
  readonly args: readonly string[];
}

/** A contender that is there and asleep. */
export interface Contender {
  readonly entry: Entry;
  readonly hello: Hello;
  /** @returns seconds, or bytes for memory. @throws Error with the last line that the process left on stderr */
  ask(command: Command, repetitions?: number): Promise<number>;
  /** Ends the process. */
  close(): Promise<void>;
}

/** Starts a contender. @throws Error where it does not start, with its own reason */
export async function enter(entry: Entry): Promise<Contender> {
  const child = spawn(entry.executable, entry.args, { stdio: ["pipe", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-10_000);
  });
  const ended = new Promise<string>((resolve) => {
    child.on("error", ({ message }) => resolve(message));
    child.on("close", (code, signal) =>
      resolve(lastLine(complaints) ?? `it ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  child.stdin.on("error", () => undefined); // a process that is gone is noticed by its end
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  const nextLine = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`${entry.name}: ${await ended}`);
    return line.value;
  };
  const close = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };

  return {
    entry,
    hello: JSON.parse(await nextLine()) as Hello,
    async ask(command, repetitions) {
      child.stdin.write(repetitions === undefined ? `${command}\n` : `${command} ${repetitions}\n`);
      return Number(await nextLine());
    },
    close,
  };
}

/** What an uncaught error said, or else the last line: Node ends with a stack and its version, Python with the error. */
function lastLine(text: string): string | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const [, message] = lines.map((line) => /^\w*Error: (.+)/.exec(line)).find((found) => found) ?? [];
  return message ?? lines.at(-1);
}
