/** Bits per dimension of data under a model, by the probability-flow ODE. */
import { isImage, measuredBits, type LogDensities } from "@ncsn/core";
import { withVjp } from "@ncsn/export";
import { integer, oneOf } from "../cli/option-values.ts";
import { logDensities, type Divergence } from "./log-densities.ts";
import type { Report } from "./report.ts";

const divergences = ["auto", "exact", "probes"] as const;

/** Coordinates up to which "auto" takes the exact divergence. */
const few = 8;

export const likelihood: Report = {
  summary: "bits per dimension by the probability-flow ODE (Song et al. 2021), with error bars",
  options: {
    "ode-steps": { describe: "Runge-Kutta steps, four evaluations each", default: "32" },
    probes: { describe: "random probes of the divergence for each image", default: "1" },
    divergence: {
      describe: `one of ${divergences.join(", ")}: exact takes an evaluation for each coordinate`,
      default: "auto",
    },
  },
  prepare(options) {
    const steps = integer("ode-steps", options["ode-steps"]);
    const probes = integer("probes", options.probes);
    const asked = oneOf("divergence", options.divergence, divergences);
    return async ({ model, card, dataset, first, count, seed, batch, signal, progress }) => {
      const dimension = card.shape.reduce((a, b) => a * b, 1);
      const exact = asked === "exact" || (asked === "auto" && dimension <= few);
      const divergence: Divergence = exact ? { kind: "exact" } : { kind: "probes", probes };
      const bytes = dataset.bytes === true;
      const began = performance.now();
      const densities: LogDensities = await logDensities({
        model,
        withVjp: withVjp(model),
        card,
        dataset,
        bytes,
        first,
        count,
        seed,
        batch,
        steps,
        divergence,
        signal,
        progress,
      });
      const bits = measuredBits(densities, { dimension, scale: card.pixels.scale, bytes });
      const seconds = (performance.now() - began) / 1000;
      const of = [`± ${bits.error.toFixed(4)} over ${count} ${isImage(card) ? "images" : "points"}`];
      if (!exact && probes > 1) of.push(`± ${bits.probeError.toFixed(4)} of it from probes`);
      const nats =
        densities.values.reduce((a, b) => a + b, 0) / count +
        dimension * Math.log(Math.abs(card.pixels.scale));
      return {
        rows: [
          [bytes ? "bits/dim" : "bits/dim of the density", `${bits.mean.toFixed(4)} ${of.join(", ")}`],
          [
            "log p",
            `${nats.toFixed(3)} nats on average, of ${isImage(card) ? "pixels in [0, 1]" : "points in the data's units"}`,
          ],
          [
            "divergence",
            exact ? "exact" : `${probes} probe${probes === 1 ? "" : "s"} of random signs for each`,
          ],
          ["ODE", `${steps} Runge-Kutta steps in ln sigma from ${card.sigmaRange.join(" to ")}`],
          [
            "evaluations",
            `${4 * steps} scores and ${4 * steps * (exact ? dimension : probes)} products each, ${(count / seconds).toPrecision(3)}/s`,
          ],
        ],
        findings: [
          { name: "bits/dim", value: bits.mean, error: bits.error },
          ...(!exact && probes > 1 ? [{ name: "bits/dim-of-probes", value: bits.probeError }] : []),
        ],
      };
    };
  },
};
