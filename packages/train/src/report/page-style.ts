/**
 * How reports look: a paper's measure and typeface, figures in two columns where there is room, one on a phone; dark by
 * the reader's choice; on paper without what is folded away. Plots take their ink from the page (`currentColor`), and
 * drawings on white, which cannot, leave their white out: in the dark their light and dark change places, not their hues.
 */
export const style = `:root {
  color-scheme: light dark;
  --ink: #1d1f23; --soft: #5c626c; --line: #d9dce1; --faint: #f4f5f7; --paper: #fdfdfc; --alarm: #a3260f;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e6ea; --soft: #a0a6b0; --line: #363b43; --faint: #1e2126; --paper: #14161a; --alarm: #ff9a84; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.55 "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", P052, Georgia, serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
header { margin-bottom: 2.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; font-weight: 600; margin: 0 0 .6rem; overflow-wrap: anywhere; }
h2 {
  font-size: 1.25rem; line-height: 1.3; font-weight: 600; margin: 2.75rem 0 .9rem; padding-top: .9rem;
  border-top: 1px solid var(--line);
}
p { max-width: 44rem; margin: 0 0 1rem; overflow-wrap: break-word; hyphens: manual; }
.lead { font-size: 1.1rem; color: var(--soft); }
.note { border-left: 3px solid var(--alarm); color: var(--alarm); padding: .1rem 0 .1rem .9rem; }
code, pre { font: .82em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
p code { overflow-wrap: anywhere; }
pre {
  margin: 0 0 1.25rem; padding: .8rem 1rem; background: var(--faint); border-radius: 4px; overflow-x: auto;
  max-width: 100%;
}
pre.command { white-space: pre-wrap; overflow-wrap: anywhere; }
pre.command span { white-space: nowrap; }
figure, .scroll, .figures { margin: 0 0 1.5rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.75rem 2rem; }
.figures.small { grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
.figures figure { margin: 0; min-width: 0; }
svg { display: block; max-width: 100%; height: auto; overflow: visible; }
svg:not([color]) { color: var(--soft); --plot-background: var(--paper) !important; }
svg text { font-family: ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
img { display: block; max-width: 100%; height: auto; border-radius: 2px; }
img.pixels { image-rendering: pixelated; }
img.drawing { mix-blend-mode: multiply; }
@media (prefers-color-scheme: dark) {
  img.drawing { filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen; }
}
figcaption, caption { font-size: .88rem; line-height: 1.45; color: var(--soft); text-align: left; }
figcaption { margin-top: .5rem; max-width: 34rem; }
caption { caption-side: bottom; padding-top: .6rem; max-width: 44rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; line-height: 1.4; font-variant-numeric: tabular-nums lining-nums; }
th, td { text-align: left; vertical-align: baseline; padding: .32rem 1.4rem .32rem 0; font-weight: 400; overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
thead th { border-bottom: 1px solid var(--soft); color: var(--soft); overflow-wrap: normal; }
tbody th { color: var(--soft); overflow-wrap: normal; white-space: nowrap; }
.number { text-align: right; overflow-wrap: normal; white-space: nowrap; }
table.pictures th, table.pictures td, table.pictures td:last-child { vertical-align: top; padding: .5rem 1rem .5rem 0; border: 0; overflow-wrap: normal; }
table.pictures { table-layout: fixed; width: 100%; }
table.pictures thead td { width: 6rem; }
details { margin: 0 0 1.25rem; }
summary { cursor: pointer; padding: .2rem 0; }
summary:focus-visible, pre:focus-visible, .scroll:focus-visible { outline: 2px solid currentColor; outline-offset: 3px; }
details pre { margin-top: .6rem; max-height: 34rem; overflow: auto; }
@media (max-width: 34rem) {
  body { font-size: 16px; }
  main { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  table { font-size: .85rem; }
  th, td { padding-right: .7rem; }
  table.pictures th, table.pictures td, table.pictures td:last-child { padding: .3rem .4rem .3rem 0; font-size: .85rem; }
  tbody th { white-space: normal; }
  table.pictures thead td { width: 4rem; }
  table.pictures tbody th { overflow-wrap: anywhere; }
}
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --faint: #f4f4f4; --paper: #fff; --alarm: #8a1c08; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2, thead { break-after: avoid; }
  figure, tr, pre.command { break-inside: avoid; }
  .scroll { overflow: visible; }
  details:not([open]) { display: none; }
  img.drawing { filter: none; mix-blend-mode: multiply; }
}
`;
