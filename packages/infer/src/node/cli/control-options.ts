/** Control on the command line: labels' guidance, and images from files. */
import type { Card } from "@ncsn/core";
import type { InferredOptionTypes, Options } from "yargs";
import type { ControlRequest } from "../../control.ts";
import { readImage, type Picture } from "./read-image.ts";
import { integer, number, positive } from "./option-values.ts";
import { UsageError } from "./usage-error.ts";

const text = (describe: string, defaultDescription?: string) =>
  ({ type: "string", requiresArg: true, group: "Control:", describe, defaultDescription }) as const;

/** The options of `sample` that control what comes out. */
export const controlOptions = {
  guidance: text("with --label: how much more closely to follow it than the data do", "0"),
  inpaint: text("image file whose pixels are kept where --mask is white"),
  mask: text(
    "image file: white where pixels are kept, black where they are made, grey where they are a hint",
  ),
  upscale: text("small image file to be made as large as the model's images"),
  refinements: text("of --inpaint and --upscale: evaluations more for each, to make old and new fit", "2"),
  noisy: text("image file to take the noise from, instead of starting from noise alone"),
  noise: text("of --noisy: the standard deviation of its noise, 1 being from black to white"),
  interpolate: text("from the image of one seed to that of another, as 3:7"),
} as const satisfies Record<string, Options>;

type ControlArguments = InferredOptionTypes<typeof controlOptions>;

/** What was typed about control, without the files. */
export interface TypedControl {
  readonly guidance: number | undefined;
  readonly refinements: number | undefined;
  readonly noise: number | undefined;
  readonly interpolate: { readonly from: number; readonly to: number } | undefined;
  readonly files: Pick<ControlArguments, "inpaint" | "mask" | "upscale" | "noisy">;
}

/** @throws UsageError */
export function readControl(args: ControlArguments): TypedControl {
  const { inpaint, mask, upscale, noisy } = args;
  needs(args, "inpaint", "mask");
  needs(args, "mask", "inpaint");
  needs(args, "noisy", "noise");
  needs(args, "noise", "noisy");
  if (args.refinements !== undefined && inpaint === undefined && upscale === undefined)
    throw new UsageError("--refinements needs --inpaint or --upscale");
  return {
    guidance: number("guidance", args.guidance),
    refinements: integer("refinements", args.refinements, 0),
    noise: positive("noise", args.noise),
    interpolate: args.interpolate === undefined ? undefined : seedsOf(args.interpolate),
    files: { inpaint, mask, upscale, noisy },
  };
}

/** What it asks of a model; reads the files. @throws UsageError */
export async function controlRequest(
  { guidance, refinements, noise = NaN, interpolate, files }: TypedControl,
  { shape, name }: Card,
): Promise<ControlRequest> {
  const [channels, height, width] = shape;
  const whole = async (path: string, of = channels): Promise<Float32Array> => {
    const picture = await readImage(path, of);
    if (picture.height === height && picture.width === width) return picture.pixels;
    throw new UsageError(`${path} is ${sizeOf(picture)} (need ${width}x${height}, the size of ${name})`);
  };
  const { inpaint, mask, upscale, noisy } = files;
  return {
    guidance,
    interpolate,
    ...(inpaint !== undefined &&
      mask !== undefined && {
        inpaint: { image: await whole(inpaint), mask: await whole(mask, 1), refinements },
      }),
    ...(upscale !== undefined && { upscale: { ...(await small(upscale)), refinements } }),
    ...(noisy !== undefined && { denoise: { image: await whole(noisy), noise } }),
  };

  async function small(path: string): Promise<{ image: Float32Array; factor: number }> {
    const picture = await readImage(path, channels);
    const factor = height / picture.height;
    if (!Number.isInteger(factor) || width / picture.width !== factor)
      throw new UsageError(
        `${path} is ${sizeOf(picture)} (need ${width}x${height}, the size of ${name}, divided by an integer)`,
      );
    return { image: picture.pixels, factor };
  }
}

const sizeOf = ({ width, height }: Picture): string => `${width}x${height}`;

function needs(args: ControlArguments, one: keyof ControlArguments, other: keyof ControlArguments): void {
  if (args[one] !== undefined && args[other] === undefined)
    throw new UsageError(`--${one} needs --${other} beside it`);
}

function seedsOf(typed: string): { from: number; to: number } {
  const [, from, to] = /^(\d+):(\d+)$/.exec(typed) ?? [];
  if (from === undefined) throw new UsageError(`invalid interpolate: ${typed} (need two seeds, as 3:7)`);
  return { from: Number(from), to: Number(to) };
}
