import type { Values } from "@ncsn/core";
import type { Attributes } from "../operators.ts";
import type { ElementType } from "../value.ts";

/** What an operator works on. */
export interface KernelCall {
  /** Where an optional input is absent there is no element; only optional ones may be. */
  readonly inputs: readonly Values[];
  readonly attributes: Attributes;
  /** Type and shape of the result, from the operator's shape rule. */
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** Computes an operator in float64: the elements of its output, row-major; bool is 0 or 1. */
export type Kernel = (call: KernelCall) => Float64Array;
