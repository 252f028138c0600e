import { hostSpace, prior, type Card } from "@ncsn/core";
import { samplingKey, type Plan } from "@ncsn/infer";

/** The state that a plan's sampling starts from, scaled to the data's size, model units: the same bits as the model's. */
export function firstState(card: Card, plan: Plan): Float32Array {
  const [sigma] = plan.sigmas;
  const space = hostSpace({
    count: plan.count,
    dimension: card.shape[0] * card.shape[1] * card.shape[2],
    key: samplingKey(plan.seed),
    first: plan.first,
    score: () => Promise.reject(new Error("noise has no score")),
  });
  const x = prior(space, { sampler: { ...card.sampler, prior: plan.prior } }, sigma);
  const scale = 1 / Math.hypot(1, sigma / card.sigmaData);
  return x.map((value) => scale * value);
}
