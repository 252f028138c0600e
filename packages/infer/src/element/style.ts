/**
 * The element's own style. Everything is mixed from the colour of the text around it, so that it fits light and dark
 * pages alike. It is a constructed sheet, which a content security policy without 'unsafe-inline' lets pass.
 */
export const css = `
:host {
  display: block;
  inline-size: 100%;
  max-inline-size: var(--score-sampler-width, 30rem);
  --accent: var(--score-sampler-accent, currentColor);
  --line: color-mix(in srgb, currentColor 22%, transparent);
  --faint: color-mix(in srgb, currentColor 7%, transparent);
  --soft: color-mix(in srgb, currentColor 68%, transparent);
  --radius: var(--score-sampler-radius, 10px);
  font: 0.8125rem/1.3 system-ui, sans-serif;
  font-family: var(--score-sampler-font, system-ui, sans-serif);
  -webkit-tap-highlight-color: transparent;
}
:host([hidden]) { display: none }
*, ::before { box-sizing: border-box }
[hidden] { display: none !important }
.stage {
  position: relative;
  overflow: hidden;
  padding: var(--score-sampler-padding, 8px);
  border-radius: var(--radius);
  background: var(--score-sampler-background, var(--faint));
}
canvas {
  display: block;
  inline-size: 100%;
  aspect-ratio: 1;
  image-rendering: pixelated;
  color: var(--accent);
  cursor: pointer;
}
.loading canvas { animation: breathe 2.4s ease-in-out infinite; background: var(--faint); border-radius: calc(var(--radius) - 4px) }
@keyframes breathe { 50% { opacity: 0.35 } }
.error {
  position: absolute;
  inset: 0;
  display: flex;
  flex-direction: column;
  align-items: center;
  justify-content: center;
  gap: 14px;
  padding: 24px;
  overflow: auto;
  text-align: center;
}
.error p { margin: 0; max-inline-size: 44ch; overflow-wrap: anywhere; text-wrap: pretty }
.bar { display: flex; align-items: center; gap: 6px; margin-block-start: 8px }
button {
  flex: none;
  display: grid;
  place-items: center;
  block-size: 2.5rem;
  min-inline-size: 2.5rem;
  padding: 0;
  border: 0;
  border-radius: calc(var(--radius) - 2px);
  background: var(--faint);
  color: inherit;
  font: inherit;
  cursor: pointer;
  touch-action: manipulation;
}
.error button { padding: 0 16px; border: 1px solid var(--line) }
@media (hover: hover) { button:hover:enabled { background: var(--line) } }
button:disabled, input:disabled { opacity: 0.4; cursor: default }
.play { color: var(--accent) }
button:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
svg { inline-size: 1.375rem; block-size: 1.375rem; fill: currentColor }
.seed svg { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round }
input {
  flex: 1;
  min-inline-size: 0;
  block-size: 2.5rem;
  margin: 0 6px;
  border-radius: 6px;
  background: none;
  color: inherit;
  cursor: pointer;
  appearance: none;
}
input::-webkit-slider-runnable-track {
  block-size: 4px;
  border-radius: 2px;
  background: linear-gradient(to right, var(--accent) var(--at, 0%), var(--line) var(--at, 0%));
}
input::-webkit-slider-thumb {
  appearance: none;
  inline-size: 16px;
  block-size: 16px;
  margin-block-start: -6px;
  border: 0;
  border-radius: 50%;
  background: var(--accent);
}
input::-moz-range-track { block-size: 4px; border-radius: 2px; background: var(--line) }
input::-moz-range-progress { block-size: 4px; border-radius: 2px; background: var(--accent) }
input::-moz-range-thumb { inline-size: 16px; block-size: 16px; border: 0; border-radius: 50%; background: var(--accent) }
.caption {
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  gap: 0 12px;
  min-block-size: 1.3em;
  margin: 6px 2px 0;
  color: var(--soft);
  font-variant-numeric: tabular-nums;
}
.status { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
@media (pointer: coarse) { button { block-size: 2.75rem; min-inline-size: 2.75rem } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important } }
@media (forced-colors: active) {
  button { border: 1px solid }
  input { appearance: auto }
}
`;
