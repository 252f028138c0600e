/** The recipes by name. A new paper is a file beside this and a line here. */
import { edm } from "./edm.ts";
import type { Recipe } from "./recipe.ts";
import { tutorial } from "./tutorial.ts";

export type { OptimiserOptions, Recipe, SamplerChoice } from "./recipe.ts";

export const recipes = { edm, tutorial } as const satisfies Record<string, Recipe>;
/** A key of {@link recipes}. */
export type RecipeName = keyof typeof recipes;
