/** `<score-sampler>`. Importing this defines the element; under Node it does nothing. */
import type { ScoreSamplerEvents } from "./events.ts";
import type { properties } from "./properties.ts";
import type { ScoreSampler } from "./score-sampler.ts";
import { defineElement } from "./define-element.ts";

export type { CompleteDetail, LoadDetail, ScoreSamplerEvents, StepDetail } from "./events.ts";
export { ScoreSampler } from "./score-sampler.ts";

/** Properties and events as JSX has them; `docs/element.md` tells frameworks of them. */
export type ScoreSamplerProps = Partial<Pick<ScoreSampler, keyof typeof properties | "model">> & {
  [Name in OwnEvent as `on${Name}`]?: (event: ScoreSamplerEvents[Name]) => void;
};

type OwnEvent = "load" | "play" | "pause" | "step" | "complete" | "error";

declare global {
  interface HTMLElementTagNameMap {
    "score-sampler": ScoreSampler;
  }
}

defineElement(async () => (await import("../web/index.ts")).load);
