/** `<score-sampler>` for pages without a bundler: `dist/browser/score-sampler.js`, its own Worker as `ncsn.js` is. */
import { load } from "../web/browser.ts";
import { defineElement } from "./define-element.ts";

export { ScoreSampler } from "./score-sampler.ts";
export { load };

defineElement(() => Promise.resolve(load));
