/** The shadow tree: the stage, the bar under it, and what is said to those who do not see them. */
import { css } from "./style.ts";

/** The nodes that the element speaks to. */
export interface Controls {
  readonly stage: HTMLElement;
  readonly play: HTMLButtonElement;
  readonly slider: HTMLInputElement;
  readonly seed: HTMLButtonElement;
  readonly error: HTMLElement;
  readonly message: HTMLElement;
  readonly retry: HTMLButtonElement;
  readonly moment: HTMLElement;
  readonly device: HTMLElement;
  readonly status: HTMLElement;
}

/** What the play button would do. */
export type PlayAction = "Play" | "Pause" | "Play again";

const icons = {
  Play: "M8.5 5.2v13.6c0 .7.8 1.1 1.4.7l9.6-6.8c.5-.3.5-1 0-1.4L9.9 4.5c-.6-.4-1.4 0-1.4.7z",
  Pause: "M7 5h3.4v14H7zM13.6 5H17v14h-3.4z",
  "Play again":
    "M12 5.5V2.6L7.4 6.7l4.6 4.1V7.5a5.3 5.3 0 1 1-5.3 5.3c0-.6-.4-1-1-1s-1 .4-1 1A7.3 7.3 0 1 0 12 5.5z",
  seed: "M7 3.8h10A3.2 3.2 0 0 1 20.2 7v10a3.2 3.2 0 0 1-3.2 3.2H7A3.2 3.2 0 0 1 3.8 17V7A3.2 3.2 0 0 1 7 3.8zM8.5 8.5h.01M15.5 8.5h.01M12 12h.01M8.5 15.5h.01M15.5 15.5h.01",
} as const;

let sheet: CSSStyleSheet | undefined;

/** Builds the tree, node by node: under Trusted Types no markup may be parsed. */
export function buildControls(root: ShadowRoot, canvas: HTMLCanvasElement): Controls {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  root.adoptedStyleSheets = [sheet];
  canvas.setAttribute("role", "img");
  canvas.setAttribute("part", "canvas");

  const message = node("p");
  const retry = node("button", { type: "button", part: "button" }, "Try again");
  const error = node("div", { class: "error", part: "error", role: "alert", hidden: "" }, message, retry);
  const stage = node("div", { class: "stage", part: "stage" }, canvas, error);

  const play = node("button", { type: "button", class: "play", part: "button play" });
  const slider = node("input", {
    type: "range",
    part: "slider",
    "aria-label": "Step",
    min: "1",
    max: "1",
    disabled: "",
  });
  const seed = node(
    "button",
    { type: "button", class: "seed", part: "button seed", disabled: "" },
    icon("seed"),
  );
  const bar = node("div", { class: "bar", part: "controls" }, play, slider, seed);

  const [moment, device] = [node("span", { part: "moment" }), node("span", { part: "device" })];
  const caption = node("div", { class: "caption", part: "caption", "aria-hidden": "true" }, moment, device);
  const status = node("div", { class: "status", role: "status" });
  root.append(stage, bar, caption, status);
  const controls = { stage, play, slider, seed, error, message, retry, moment, device, status };
  setPlayAction(controls, "Play");
  setSeed(controls, 0);
  return controls;
}

/** Turns the play button into what it would do now. */
export function setPlayAction({ play }: Controls, action: PlayAction): void {
  if (play.ariaLabel === action) return;
  play.ariaLabel = play.title = action;
  play.replaceChildren(icon(action));
}

/** Says on the dice which seed is shown. */
export function setSeed({ seed }: Controls, number: number): void {
  seed.ariaLabel = "New seed";
  seed.title = `New seed (now ${number})`;
}

/** The slider's range, its place and what it is called there; `index` counts from 0, people from 1. */
export function setSlider({ slider }: Controls, index: number, end: number, spoken: string): void {
  slider.max = String(Math.max(end, 0) + 1);
  slider.value = String(index + 1);
  slider.ariaValueText = spoken;
  slider.style.setProperty("--at", `${end > 0 ? (100 * index) / end : 0}%`);
}

function node<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function icon(name: keyof typeof icons): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", icons[name]);
  svg.append(path);
  return svg;
}
