/** What a model is, for the reports on it. */
import type { Card } from "@ncsn/core";
import { decodeModel, multiplyAdds } from "@ncsn/export";
import { count } from "../cli/show.ts";
import type { Evaluation, Row } from "./report.ts";

/** The same for machines. */
export interface ModelFacts {
  readonly name: string;
  /** Of one score of one image, by whatever networks the file holds. */
  readonly multiplyAdds: number;
  /** Whose score the model's is led away from, and how far. */
  readonly guide?: Pick<NonNullable<Card["guide"]>, "name" | "weight">;
}

/** Of a file and its card. @throws TypeError where the graph has an operator that no file of ours has */
export function modelFacts({ model, card: { name, guide } }: Pick<Evaluation, "model" | "card">): ModelFacts {
  return {
    name,
    multiplyAdds: multiplyAdds(decodeModel(model).graph),
    ...(guide && { guide: { name: guide.name, weight: guide.weight } }),
  };
}

/** For people. */
export const modelRows = ({ multiplyAdds, guide }: ModelFacts): readonly Row[] => [
  ...(guide ? [["guide", `${guide.name}, weight ${guide.weight}`] as const] : []),
  ["multiply-adds", `${count(multiplyAdds)} an image and evaluation${guide ? ", with the guide's" : ""}`],
];
