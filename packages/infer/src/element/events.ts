/** What the element tells, with types as lib.dom gives them for its own elements. */
import type { Card } from "@ncsn/core";
import type { DeviceInUse } from "../device.ts";
import type { Images } from "../model.ts";

/** What `load` says: the model is ready. */
export interface LoadDetail {
  readonly card: Card;
  readonly device: DeviceInUse;
}

/** What `step` says: a step was taken; it may not be the one that is shown. */
export interface StepDetail {
  /** From 0. */
  readonly index: number;
  /** Steps in all, where that is known. */
  readonly total: number | undefined;
  /** Noise level after the step, model units. */
  readonly sigma: number;
  /** Score evaluations per image so far. */
  readonly evaluations: number;
  readonly seed: number;
}

/** What `complete` says: the last step was taken. */
export interface CompleteDetail {
  /** In pixels, as `model.sample()` gives them. */
  readonly images: Images;
  readonly seed: number;
}

/** The element's events; none bubbles, as those of `<img>` and `<video>` do not. */
export interface ScoreSamplerEvents extends HTMLElementEventMap {
  load: CustomEvent<LoadDetail>;
  play: Event;
  pause: Event;
  step: CustomEvent<StepDetail>;
  complete: CustomEvent<CompleteDetail>;
  error: ErrorEvent;
}

/** An element with these events. */
export interface EventfulElement extends HTMLElement {
  addEventListener<Name extends keyof ScoreSamplerEvents>(
    type: Name,
    listener: (this: this, event: ScoreSamplerEvents[Name]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** HTMLElement; a server that renders a page imports this too and has no elements, so there it is Object. */
export const EventfulElement = (globalThis.HTMLElement ?? Object) as unknown as new () => EventfulElement;
