/** Operators that are constant almost everywhere: their gradient is zero. */
import type { Rule } from "../rule.ts";

const constant: Rule = () => [];

export const Equal = constant;
export const Less = constant;
export const Floor = constant;
