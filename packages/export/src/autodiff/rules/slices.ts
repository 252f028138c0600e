/** Cutting a range out of one axis, and what is its transpose: putting a range back among zeros. */
import type { Shape, Value } from "../../value.ts";
import { sizes, type RuleCall } from "../rule.ts";

/** Every `step`-th element, step > 0, from `start` to before `end`. */
export interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** The range of x. */
export const cut = ({ op, int64 }: RuleCall, x: Value, { axis, start, end, step }: Range): Value =>
  start === 0 && end === x.shape[axis] && step === 1
    ? x
    : op("Slice", [x, int64([start]), int64([end]), int64([axis]), ...(step === 1 ? [] : [int64([step])])]);

/** An array of `shape` that holds x in the range, and zeros elsewhere. */
export function uncut(call: RuleCall, x: Value, { axis, start, step }: Range, shape: Shape): Value {
  const { op, int64 } = call;
  const [total, count] = [Number(shape[axis]), Number(x.shape[axis])];
  const pad = (y: Value, at: number, before: number, after: number): Value => {
    if (before + after === 0) return y;
    const along = (size: number): number[] => y.shape.map((_, i) => (i === at ? size : 0));
    return op("Pad", [y, int64([...along(before), ...along(after)])]);
  };
  const spread = (): Value => {
    // each element becomes a row of it and step − 1 zeros
    const rows = op("Reshape", [x, int64(sizes(x.shape.toSpliced(axis + 1, 0, 1)))]);
    return op("Reshape", [pad(rows, axis + 1, 0, step - 1), int64(sizes(x.shape.with(axis, count * step)))]);
  };
  const spaced = step === 1 ? x : spread();
  const room = total - start;
  const fitting = Math.min(count * step, room);
  return pad(cut(call, spaced, { axis, start: 0, end: fitting, step: 1 }), axis, start, room - fitting);
}
