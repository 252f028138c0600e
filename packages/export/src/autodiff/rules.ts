/** The differentiable operators. A new one is a rule in the file of its family. */
import type { Rules } from "./rule.ts";
import * as activations from "./rules/activations.ts";
import * as arithmetic from "./rules/arithmetic.ts";
import * as comparisons from "./rules/comparisons.ts";
import * as convolution from "./rules/convolution.ts";
import * as elementary from "./rules/elementary.ts";
import * as linearAlgebra from "./rules/linear-algebra.ts";
import * as movement from "./rules/movement.ts";
import * as pooling from "./rules/pooling.ts";
import * as reductions from "./rules/reductions.ts";
import { Resize } from "./rules/resize.ts";

/** How each operator is differentiated. */
export const gradientRules: Rules = {
  ...arithmetic,
  ...elementary,
  ...activations,
  ...comparisons,
  ...linearAlgebra,
  ...reductions,
  ...movement,
  ...convolution,
  ...pooling,
  Resize,
};
