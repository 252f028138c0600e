/** The networks by name. A new one is a file beside this and a line here. */
import type { Network } from "../nn.ts";
import { mlp } from "./mlp.ts";
import { ncsn } from "./ncsn.ts";
import { ncsnv2 } from "./ncsnv2.ts";
import { scorenet } from "./scorenet.ts";
import { unet } from "./unet.ts";

export type { MlpOptions } from "./mlp.ts";

export const networks = { unet, ncsn, ncsnv2, mlp, scorenet } as const satisfies Record<string, Network>;
/** A key of {@link networks}. */
export type NetworkName = keyof typeof networks;
