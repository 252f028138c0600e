/** What a device is to its worker: a network, and spaces to sample in. The handlers of calls know no more of it. */
import type { Card, Key, Space } from "@ncsn/core";

/** What a space is of. */
export interface SpaceOptions {
  readonly count: number;
  /** Number of the first image. */
  readonly first: number;
  /** The sampling key of the seed. */
  readonly key: Key;
  /** Images per run of the network. */
  readonly batch: number;
  readonly labels?: Int32Array;
  /** Called before every run of the network; throws to stop. */
  readonly check: () => Promise<void>;
}

/** A space whose values can be seen from outside. */
export interface ReadableSpace<V> extends Space<V> {
  /** The numbers of a value, in an array of the caller's own. */
  read(value: V): Promise<Float32Array>;
  /** Whether all numbers are finite; absent where finding out would stall the device, which has `watch` instead. */
  finite?(value: V): boolean;
  /** Notes on the device whether all numbers are finite after that step. */
  watch?(value: V, step: number): void;
  /** The first step that was watched and left a number that is not finite, if any. */
  firstLost?(): Promise<number | undefined>;
  /** Frees what release does not. */
  dispose?(): void;
}

/** What to score, model units. */
export interface ToScore {
  readonly x: Float32Array;
  readonly sigma: Float64Array;
  readonly labels?: Int32Array;
  readonly batch: number;
}

/** A network that is open on a device. */
export interface Network<V> {
  readonly card: Card;
  /** The batch that the file is bound to, where it is. */
  readonly fixedBatch: number | undefined;
  space(options: SpaceOptions): ReadableSpace<V>;
  score(what: ToScore, check: () => Promise<void>): Promise<Float32Array>;
  release(): Promise<void>;
}
