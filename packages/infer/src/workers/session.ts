/** A network that is open in ONNX Runtime, whichever build of it, and whether it is what its card says. */
import type { Card } from "@ncsn/core";
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";
import { ModelError } from "../model.ts";

/** An open network. */
export interface Session {
  readonly Tensor: TensorConstructor;
  /** Runs the network on feeds; the results go into the tensors given as fetches. */
  readonly run: (feeds: Record<string, Tensor>, fetches: Record<string, Tensor>) => Promise<unknown>;
  readonly card: Card;
  /** Values per image. */
  readonly dimension: number;
  /** The batch that the file is bound to, where it is. */
  readonly fixedBatch: number | undefined;
  readonly release: () => Promise<void>;
}

/** Values per image. */
export const dimensionOf = ({ shape: [channels, height, width] }: Pick<Card, "shape">): number =>
  channels * height * width;

/**
 * Inputs and outputs must be those of the contract and of the card's shape.
 * @returns the fixed batch, if any
 * @throws ModelError
 */
export function checkSignature(
  inference: Pick<InferenceSession, "inputNames" | "outputNames" | "inputMetadata" | "outputMetadata">,
  card: Card,
): number | undefined {
  const wanted: Record<string, string> = {
    x: "float32",
    sigma: "float32",
    ...(card.classes && { label: "int32" }),
  };
  const shapes = new Map<string, readonly (number | string)[]>();
  for (const metadata of [...inference.inputMetadata, ...inference.outputMetadata])
    if (metadata.isTensor) shapes.set(`${metadata.name} ${metadata.type}`, metadata.shape);
  const missing = Object.entries({ ...wanted, score: "float32" }).filter(
    ([name, type]) => !shapes.has(`${name} ${type}`),
  );
  const extra = inference.inputNames.filter((name) => !(name in wanted));
  const found = `it takes ${inference.inputNames.join(", ")} and gives ${inference.outputNames.join(", ")}`;
  if (missing.length > 0)
    throw new ModelError(
      `this network has no ${missing.map(([name, type]) => `${name} (${type})`).join(", ")}: ${found}`,
    );
  if (extra.length > 0) throw new ModelError(`this network wants more than its card says: ${found}`);
  for (const name of ["x", "score"]) {
    const shape = shapes.get(`${name} float32`) ?? [];
    const fits =
      shape.length === 4 &&
      card.shape.every((size, i) => typeof shape[i + 1] === "string" || shape[i + 1] === size);
    if (!fits)
      throw new ModelError(
        `${name} of this network is [${shape.join(", ")}], its card says [batch, ${card.shape.join(", ")}]`,
      );
  }
  const batch = shapes.get("x float32")?.[0];
  return typeof batch === "number" ? batch : undefined;
}

/** The message of whatever was thrown, in one line. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split("\n")[0];
}
