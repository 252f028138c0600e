import { handOut } from "./hand-out.ts";

/** Hands a canvas to the visitor as a PNG, its pixels enlarged by whole numbers to about `wanted` pixels of width. */
export async function savePicture(canvas: HTMLCanvasElement, name: string, wanted = 1200): Promise<void> {
  const scale = Math.max(1, Math.round(wanted / canvas.width));
  const large = document.createElement("canvas");
  [large.width, large.height] = [canvas.width * scale, canvas.height * scale];
  const context = large.getContext("2d");
  if (context === null) throw new Error("this browser has no 2-D canvas");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  const blob = await new Promise<Blob | null>((resolve) => large.toBlob(resolve, "image/png"));
  if (blob === null)
    throw new Error(`this browser cannot make a PNG of ${large.width} × ${large.height} pixels`);
  handOut(blob, name);
}
