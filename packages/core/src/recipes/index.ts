/** The recipes by name. A new paper is a file beside this and a line here. */
import { ddpmCosine } from "./ddpm-cosine.ts";
import { ddpm } from "./ddpm.ts";
import { edm } from "./edm.ts";
import { ncsn } from "./ncsn.ts";
import { ncsnv2 } from "./ncsnv2.ts";
import type { Recipe } from "./recipe.ts";
import { subVp } from "./sub-vp.ts";
import { tutorial } from "./tutorial.ts";
import { ve } from "./ve.ts";
import { vp } from "./vp.ts";

export { scoreModel, withLevels, type OptimiserOptions, type Recipe, type SamplerChoice } from "./recipe.ts";

export const recipes = {
  edm,
  ncsn,
  ncsnv2,
  ve,
  vp,
  "sub-vp": subVp,
  ddpm,
  "ddpm-cosine": ddpmCosine,
  tutorial,
} as const satisfies Record<string, Recipe>;
/** A key of {@link recipes}. */
export type RecipeName = keyof typeof recipes;
