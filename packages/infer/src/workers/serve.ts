/** The worker's side of the protocol, without its thread: calls one after the other, and stops that overtake them. */
import type { Jobs, Wanted } from "./jobs.ts";
import type { Answer, Call, Calls, Request } from "./protocol.ts";

type CallRequest = Extract<Request, { readonly id: number }>;

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

  async function handle(request: CallRequest): Promise<Calls[Call]["result"]> {
    if (request.call === "open") {
      jobs = await open(request.params, wanted);
      return jobs.fixedBatch;
    }
    if (jobs === undefined) throw new Error("no network is open");
    switch (request.call) {
      case "begin":
        return jobs.begin(request.params);
      case "step":
        return jobs.step(request.params);
      case "read":
        return jobs.read(request.params);
      case "score":
        return jobs.score(request.params);
      default:
        return request satisfies never;
    }
  }

  async function answer(request: CallRequest): Promise<void> {
    const { id } = request;
    try {
      const result = await handle(request);
      post({ id, result }, result instanceof Float32Array ? [result.buffer as ArrayBuffer] : []);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      post({ id, error: { name, message } }, []);
    }
  }

  /** Nobody waits for it: what goes wrong shows in the next call, if it matters. */
  async function end(job: number): Promise<void> {
    await jobs?.end(job).catch(() => undefined);
    ended.delete(job);
  }

  // One call after the other, for they share the session; an end is heard at once and done in its turn.
  let turn = Promise.resolve();
  return (request) => {
    if (request.call === "close") {
      closing = true;
      turn = turn.then(() => jobs?.close()).then(close, close);
    } else if (request.call === "end") {
      const { job } = request;
      ended.add(job);
      turn = turn.then(() => end(job));
    } else turn = turn.then(() => answer(request));
  };
}
