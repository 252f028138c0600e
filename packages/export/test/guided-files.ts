/** Files to guide and to be guided by. */
import { cardKey, type Card } from "@ncsn/core";
import { decodeModel, encodeModel, exportModel, makeCard } from "@ncsn/export";
import { trainedModel, type ModelChoice } from "./trained-model.ts";

/** Of the images of all of them. */
export const shape = [1, 4, 4] as const;

/**
 * The file of a model with random parameters.
 * @param changes of its card
 * @param batch of a file for so many images a call
 */
export function made(choice: ModelChoice, changes: Partial<Card> = {}, batch?: number): Uint8Array {
  const { config, parameters, probe } = trainedModel({ shape, ...choice });
  const bytes = exportModel({ config, step: 7, parameters, probe: probe(), ...(batch && { batch }) });
  const card = { ...makeCard(config, 7, probe()), ...changes };
  return encodeModel(decodeModel(bytes).graph, { [cardKey]: JSON.stringify(card) });
}

const large = { channels: 12, multipliers: [1, 2], embedding: 40, features: 40 };

/** Options of a network that is worse. */
export const small = { channels: 4, multipliers: [1], embedding: 24, features: 20 };

/** With classes and without. */
export const files = {
  plain: made({ options: large }),
  labelled: made({ options: { ...large, classes: 2 } }),
  guide: made(
    { options: small, sigmaRange: [0.01, 40] }, // a narrower range of its own
    { name: "early", training: { dataset: "gaussian", step: 2, images: 16 } },
  ),
  labelledGuide: made({ options: { ...small, classes: 2 } }, { name: "early" }),
};
