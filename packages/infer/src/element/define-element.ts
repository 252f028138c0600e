import { ScoreSampler, type LoadModel } from "./score-sampler.ts";

/** Defines `<score-sampler>` unless the page has it already; without elements, on a server, nothing happens. */
export function defineElement(loader: () => Promise<LoadModel>): void {
  const { customElements } = globalThis;
  if (!customElements || customElements.get("score-sampler")) return;
  ScoreSampler.loader = loader;
  customElements.define("score-sampler", ScoreSampler);
}
