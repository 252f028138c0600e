/** The worker's side of the protocol, without its thread: calls one after the other, and stops that overtake them. */
import type { Jobs, Wanted } from "./jobs.ts";
import type { Answer, Call, Calls, Request } from "./protocol.ts";

/** What a thread lends to {@link serve}. */
export interface Served {
  /** Opens the network; `wanted` is for its jobs. */
  readonly open: (params: Calls["open"]["params"], wanted: Wanted) => Promise<Jobs>;
  readonly post: (answer: Answer, transfer: ArrayBuffer[]) => void;
  /** Lets messages that have arrived be heard, where awaiting a run of the network does not. */
  readonly listen?: () => Promise<void>;
  /** Ends the thread; called last. */
  readonly close: () => void;
}

/** @returns what to call with every message */
export function serve({ open, post, listen, close }: Served): (request: Request) => void {
  const ended = new Set<number>();
  let closing = false;
  let jobs: Jobs | undefined;
  const wanted: Wanted = async (job) => {
    await listen?.();
    if (closing) throw new Error("the model is disposed");
    if (job !== undefined && ended.has(job)) throw new Error("this sampling has ended");
  };

  async function handle<Name extends Call>(
    call: Name,
    params: Calls[Name]["params"],
  ): Promise<Calls[Call]["result"]> {
    if (call === "open") {
      jobs = await open(params as Calls["open"]["params"], wanted);
      return jobs.fixedBatch;
    }
    if (jobs === undefined) throw new Error("no network is open");
    const handler = jobs[call as Exclude<Call, "open">] as (
      params: unknown,
    ) => Promise<Calls[Call]["result"]>;
    return handler(params);
  }

  async function answer({ id, call, params }: Extract<Request, { id: number }>): Promise<void> {
    try {
      const result = await handle(call, params);
      post({ id, result }, result instanceof Float32Array ? [result.buffer as ArrayBuffer] : []);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      post({ id, error: { name, message } }, []);
    }
  }

  async function end(job: number): Promise<void> {
    await jobs?.end(job);
    ended.delete(job);
  }

  // One call after the other, for they share the session; an end is heard at once and done in its turn.
  let turn = Promise.resolve();
  return (request) => {
    if (request.call === "close") {
      closing = true;
      turn = turn.then(() => jobs?.close()).then(close);
    } else if (request.call === "end") {
      const { job } = request;
      ended.add(job);
      turn = turn.then(() => end(job));
    } else turn = turn.then(() => answer(request));
  };
}
