/** Starting with what another run has learnt. */
import { group, type Checkpoint, type Tensor } from "@ncsn/core";

/** An engine's state with another run's parameters in it. */
export interface Started {
  readonly state: ReadonlyMap<string, Tensor>;
  /** Parameters that were taken over, and those that were not: the other run has none of their name and shape. */
  readonly taken: readonly string[];
  readonly own: readonly string[];
}

/**
 * The state of a new run in which parameters and their moving average are those of another run's moving average,
 * wherever names and shapes agree; the optimiser starts anew.
 * @param state a new engine's, by prefixed name
 */
export function startedFrom(
  state: ReadonlyMap<string, Tensor>,
  { state: learnt }: Pick<Checkpoint, "state">,
): Started {
  const source = group(learnt, "ema");
  const names = [...group(state, "raw")].map(([name, { shape }]) => ({
    name,
    fits: source.get(name)?.shape.join() === shape.join(),
  }));
  const taken = names.flatMap(({ name, fits }) => (fits ? [name] : []));
  const started = new Map(state);
  for (const name of taken)
    for (const which of ["raw", "ema"]) started.set(`${which}/${name}`, source.get(name) as Tensor);
  return { state: started, taken, own: names.flatMap(({ name, fits }) => (fits ? [] : [name])) };
}
