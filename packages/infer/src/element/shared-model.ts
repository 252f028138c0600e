/** Elements of one page that name the same model share it: one download, one worker. */
import type { Model } from "../model.ts";

/** A hold on a model that others may hold too. */
export interface Hold {
  readonly model: Promise<Model>;
  /** Lets go; the last one stops the loading or disposes of the model. */
  release(): void;
}

interface Shared {
  readonly model: Promise<Model>;
  readonly abort: AbortController;
  holders: number;
}

const shared = new Map<string, Shared>();

/** Holds the model of a key, opened by whoever is first. */
export function holdModel(key: string, open: (signal: AbortSignal) => Promise<Model>): Hold {
  const entry = shared.get(key) ?? share(key, open);
  entry.holders += 1;
  let held = true;
  return {
    model: entry.model,
    release() {
      if (!held) return;
      held = false;
      entry.holders -= 1;
      if (entry.holders > 0) return;
      forget(key, entry);
      entry.abort.abort();
      void entry.model.then(
        (model) => model.dispose(),
        () => {}, // whoever waited for it has been told
      );
    },
  };
}

function share(key: string, open: (signal: AbortSignal) => Promise<Model>): Shared {
  const abort = new AbortController();
  const entry = { model: open(abort.signal), abort, holders: 0 };
  shared.set(key, entry);
  entry.model.catch(() => forget(key, entry)); // the next one tries again
  return entry;
}

function forget(key: string, entry: Shared): void {
  if (shared.get(key) === entry) shared.delete(key);
}
