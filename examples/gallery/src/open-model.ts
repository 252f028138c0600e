/** Opens models in this page and says how far it has come. */
import type { Model } from "@ncsn/infer";
import { load } from "@ncsn/infer/web";
import model from "../../../models/mnist.onnx?url";
import { byId } from "./page.ts";

/** The model that comes with the gallery. */
export const shippedModel = new URL(model, location.href);

/** @throws Error that says in one line why the model cannot be used */
export async function openModel(source: File | URL): Promise<Model> {
  const note = byId("div", "loading");
  note.textContent = "Opening the model…";
  try {
    return await load(source);
  } finally {
    note.textContent = "";
  }
}
