/**
 * Compute shaders of one kind: a kernel is the body of a loop over items, i below a count that comes with each
 * dispatch. Every kernel reads `scalars`, what the dispatch says; writes `out`; and reads `v0`, `v1`, … where it asks
 * for values.
 */

/** What a compute shader is made of; its name is what a device's error messages call it. */
export interface Kernel {
  readonly name: string;
  /** The numbers that come with a dispatch, by the names that the body knows them by; `items` comes before them. */
  readonly scalars?: readonly string[];
  /** Element types of the values that it reads, v0, v1, …. */
  readonly reads?: readonly ("f32" | "u32")[];
  /** Element type of what it writes. */
  readonly writes?: "f32" | "u32" | "atomic<u32>";
  /** Functions and workgroup variables. */
  readonly declarations?: string;
  /** What happens to item i. */
  readonly body: string;
  /** An item is a whole workgroup's: the body may use `lane` and barriers. */
  readonly perGroup?: boolean;
}

/** Invocations in a workgroup: the most that every WebGPU device has. */
export const groupSize = 256;

/** Workgroups in a dispatch: the most that every device takes; with more items each does several. */
export const mostGroups = 65535;

/** The workgroups that a dispatch over so many items takes. */
export const groupsOf = (kernel: Kernel, items: number): number =>
  Math.min(kernel.perGroup === true ? items : Math.ceil(items / groupSize), mostGroups);

/** The whole shader. Its index i steps by the size of the grid, so that any number of items fits any grid. */
export function wgslOf(parts: Kernel): string {
  const { scalars = [], reads = [], writes = "f32", declarations = "", body, perGroup = false } = parts;
  const [start, step] = perGroup
    ? ["group.x", "groups.x"]
    : [`group.x * ${groupSize}u + lane`, `groups.x * ${groupSize}u`];
  return `
@group(0) @binding(0) var<storage, read> scalars: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<${writes}>;
${reads.map((type, k) => `@group(0) @binding(${k + 2}) var<storage, read> v${k}: array<${type}>;`).join("\n")}
${declarations}
@compute @workgroup_size(${groupSize})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let items = scalars[0];
  ${scalars.map((name, k) => `let ${name} = scalars[${k + 1}];`).join("\n  ")}
  for (var i = ${start}; i < items; i += ${step}) {
    ${body.trim()}
  }
}`;
}
