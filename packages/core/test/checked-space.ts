import type { NoiseLaw, PerImage, Space } from "../src/space.ts";

/** A value of a {@link CheckedSpace}: a ticket that is good until it is released. */
export interface Held {
  readonly made: string;
  released: boolean;
}

export interface CheckedSpace<V> extends Space<Held> {
  /** Values that were handed out and not released yet. */
  readonly live: number;
  /** Score evaluations so far. */
  readonly evaluations: number;
  /** The σ of each evaluation. */
  readonly sigmas: readonly PerImage[];
  /** The value behind a ticket. @throws Error where it was released */
  open(held: Held): V;
}

/**
 * Any space, strictly: it throws on the use and on the release of what was released, on a draw made twice and on
 * coefficients that are not finite, and counts what is alive.
 */
export function checkedSpace<V>(space: Space<V>): CheckedSpace<V> {
  const values = new WeakMap<Held, V>();
  const draws = new Set<number>();
  const sigmas: PerImage[] = [];
  let live = 0;

  const hold = (made: string, value: V): Held => {
    const held = { made, released: false };
    values.set(held, value);
    live += 1;
    return held;
  };
  const open = (held: Held): V => {
    if (held.released) throw new Error(`used after release: a value made by ${held.made}`);
    if (!values.has(held)) throw new Error("this value is of another space");
    return values.get(held) as V;
  };
  const draw = (number: number): number => {
    if (draws.has(number)) throw new Error(`draw ${number} was made twice`);
    draws.add(number);
    return number;
  };
  const finite = (coefficient: PerImage): PerImage => {
    const all = typeof coefficient === "number" ? [coefficient] : [...coefficient];
    if (typeof coefficient !== "number" && all.length !== space.count)
      throw new Error(`${all.length} coefficients for ${space.count} images`);
    if (!all.every(Number.isFinite)) throw new Error(`coefficient ${String(coefficient)} is not finite`);
    return coefficient;
  };

  return {
    count: space.count,
    dimension: space.dimension,
    get live() {
      return live;
    },
    get evaluations() {
      return sigmas.length;
    },
    sigmas,
    open,
    async score(x, sigma, given) {
      sigmas.push(finite(sigma));
      return hold("score", await space.score(open(x), sigma, given));
    },
    noise: (number, law?: NoiseLaw) => hold(`noise(${number})`, space.noise(draw(number), law)),
    uniform: (number) => space.uniform(draw(number)),
    combine: (terms) => {
      const opened = terms.map(([c, value]): [PerImage, V] => [finite(c), open(value)]);
      return hold("combine", space.combine(opened));
    },
    product: (a, b) => hold("product", space.product(open(a), open(b))),
    constant: (numbers) => hold("constant", space.constant(numbers)),
    blockMeans: (x, factor) => hold("blockMeans", space.blockMeans(open(x), factor)),
    dot: (a, b) => space.dot(open(a), open(b)),
    release(...released) {
      for (const held of released) {
        space.release(open(held));
        held.released = true;
        live -= 1;
      }
    },
  };
}
