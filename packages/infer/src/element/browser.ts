/** `<score-sampler>` for pages without a bundler: `dist/browser/score-sampler.js`, with `ncsn.js` beside it. */
import { load } from "../web/browser.ts";
import { defineElement } from "./define-element.ts";

export { ScoreSampler } from "./score-sampler.ts";

defineElement(() => Promise.resolve(load));
