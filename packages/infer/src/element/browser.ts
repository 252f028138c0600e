/** `<score-sampler>` for pages without a bundler: `dist/browser/score-sampler.js`. */
import { defineElement } from "./define-element.ts";

export { ScoreSampler } from "./score-sampler.ts";

defineElement(async () => (await import("../web/browser.ts")).load);
