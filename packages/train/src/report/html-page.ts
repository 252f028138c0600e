/**
 * A report as one HTML file that needs nothing else: style inside, plots as SVG, pictures as data URIs, no script. What
 * it is given is text, and every character of it is escaped; only a plot's SVG is taken as it is, and must be ours.
 */
import { attribute, text } from "./escape.ts";
import { pngSize } from "./png-size.ts";
import { style } from "./page-style.ts";

/** A run of text; `code` is set in the typeface of commands and may be copied as it is. */
export type Words = string | readonly (string | { readonly code: string })[];

/** One page. */
export interface Page {
  readonly title: string;
  /** What this is and what came out, in a sentence or two, under the title. */
  readonly lead: Words;
  readonly sections: readonly Section[];
}

/** A part of the page, with its heading. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** What a section is made of. */
export type Block = Prose | Code | Note | Table | Figures | PictureTable | Details;

/** A paragraph. */
export interface Prose {
  readonly kind: "prose";
  readonly words: Words;
}

/** A paragraph that must not be overlooked: something went wrong. */
export interface Note {
  readonly kind: "note";
  readonly words: Words;
}

/** Lines to be copied, a command say. */
export interface Code {
  readonly kind: "code";
  readonly text: string;
}

/** Rows of text and numbers. A column whose cells are all numbers is set right; null is an empty cell. */
export interface Table {
  readonly kind: "table";
  readonly caption?: Words;
  /** Names of the columns, with their units; a table of names and values may do without. */
  readonly columns?: readonly string[];
  /** Cells as they shall read; numbers are written by {@link String}, so round them before. */
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** Columns to be set right though their cells are text, such as `0.95 ± 0.02`, from 0. */
  readonly right?: readonly number[];
}

/** Plots and pictures, side by side where there is room. */
export interface Figures {
  readonly kind: "figures";
  readonly figures: readonly Figure[];
  /** Three in a row rather than two. */
  readonly small?: boolean;
}

/** A plot or a picture with its caption. */
export interface Figure {
  readonly image: Image;
  readonly caption: Words;
}

/** What is drawn, and what it is in words for those who cannot see it. */
export type Image =
  | { readonly svg: string; readonly alt: string }
  | {
      readonly png: Uint8Array;
      readonly alt: string;
      /** Pixels of the page; unless told its own, enlarged by a whole factor where it is small. */
      readonly width?: number;
      /** Whether its pixels are to be seen as squares: unless told, where it is enlarged and no drawing. */
      readonly pixelated?: boolean;
      /** Whether it is a drawing on white, which is to stand on the page's ground, light or dark. */
      readonly onWhite?: boolean;
    };

/** Pictures in rows and columns, to be compared across; undefined where there is none. */
export interface PictureTable {
  readonly kind: "pictures";
  readonly caption?: Words;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly images: readonly (Image | undefined)[] }[];
}

/** Lines that are folded away until someone asks for them. */
export interface Details {
  readonly kind: "details";
  readonly summary: string;
  readonly text: string;
}

/**
 * The page as the text of an HTML file; the same page is the same text.
 * @throws RangeError for a picture that is not a PNG, or a plot that is not one SVG element
 */
export function htmlPage({ title, lead, sections }: Page): string {
  const ids = plotIds();
  const body = sections.map(
    (section) =>
      `<section>\n<h2>${text(section.title)}</h2>\n${section.blocks.map((block) => blockHtml(block, ids)).join("\n")}\n</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${text(title)}</title>
<style>
${style}</style>
</head>
<body>
<main>
<header>
<h1>${text(title)}</h1>
<p class="lead">${words(lead)}</p>
</header>
${body.join("\n")}
</main>
</body>
</html>
`;
}

type Renumber = (svg: string) => string;

function blockHtml(block: Block, ids: Renumber): string {
  switch (block.kind) {
    case "prose":
      return `<p>${words(block.words)}</p>`;
    case "note":
      return `<p class="note" role="note">${words(block.words)}</p>`;
    case "code":
      return `<pre class="command" tabindex="0"><code>${commandHtml(block.text)}</code></pre>`;
    case "table":
      return tableHtml(block);
    case "figures":
      return `<div class="${block.small === true ? "figures small" : "figures"}">${block.figures.map((figure) => figureHtml(figure, ids)).join("\n")}</div>`;
    case "pictures":
      return picturesHtml(block, ids);
    case "details":
      return `<details><summary>${text(block.summary)}</summary><pre tabindex="0">${text(block.text)}</pre></details>`;
    default:
      return block satisfies never;
  }
}

/** Options stay in one piece with their values where a long line is broken: browsers would break them after a hyphen. */
const commandHtml = (command: string): string =>
  text(command).replace(
    /(?<=^|\s)-\S{1,30}( [^-\s]\S{0,29})?(?=\s|$)/g,
    (option) => `<span>${option}</span>`,
  );

function tableHtml({ caption, columns, rows, right = [] }: Table): string {
  const numbers = (column: number): boolean =>
    rows.some((row) => typeof row[column] === "number") &&
    rows.every((row) => typeof row[column] !== "string");
  const width = Math.max(columns?.length ?? 0, ...rows.map((row) => row.length));
  const classes = Array.from({ length: width }, (_, i) =>
    right.includes(i) || numbers(i) ? ' class="number"' : "",
  );
  const cell = (value: string | number | null, i: number): string => {
    const shown = value === null ? "" : text(String(value));
    return i === 0 && typeof value === "string"
      ? `<th scope="row">${shown}</th>`
      : `<td${classes[i]}>${shown}</td>`;
  };
  return `<div class="scroll" tabindex="0"><table>${captionHtml(caption)}${
    columns === undefined
      ? ""
      : `<thead><tr>${columns.map((name, i) => `<th scope="col"${classes[i]}>${text(name)}</th>`).join("")}</tr></thead>`
  }<tbody>
${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}
</tbody></table></div>`;
}

const figureHtml = ({ image, caption }: Figure, ids: Renumber): string =>
  `<figure>${imageHtml(image, ids)}<figcaption>${words(caption)}</figcaption></figure>`;

function picturesHtml({ caption, columns, rows }: PictureTable, ids: Renumber): string {
  const head = columns.map((name) => `<th scope="col">${text(name)}</th>`).join("");
  const lines = rows.map(({ name, images }) => {
    const cells = images.map((image) =>
      image === undefined ? "<td>–</td>" : `<td>${imageHtml(image, ids)}</td>`,
    );
    return `<tr><th scope="row">${text(name)}</th>${cells.join("")}</tr>`;
  });
  return `<div class="scroll" tabindex="0"><table class="pictures">${captionHtml(caption)}<thead><tr><td></td>${head}</tr></thead><tbody>
${lines.join("\n")}
</tbody></table></div>`;
}

const captionHtml = (caption: Words | undefined): string =>
  caption === undefined ? "" : `<caption>${words(caption)}</caption>`;

const enlarged = 320; // pixels of the page that a small picture is enlarged to, at most

function imageHtml(image: Image, ids: Renumber): string {
  if ("svg" in image) {
    if (!/^<svg [^]*<\/svg>$/.test(image.svg.trim()))
      throw new RangeError(`invalid plot: ${JSON.stringify(image.svg.slice(0, 40))} (need an <svg> element)`);
    return ids(image.svg.trim()).replace("<svg ", `<svg role="img" aria-label="${attribute(image.alt)}" `);
  }
  const size = pngSize(image.png);
  const width = image.width ?? size.width * Math.max(1, Math.floor(enlarged / size.width));
  const height = Math.round((width * size.height) / size.width);
  const { onWhite = false } = image;
  const classes = [
    ...((image.pixelated ?? (width > size.width && !onWhite)) ? ["pixels"] : []),
    ...(onWhite ? ["drawing"] : []),
  ];
  const named = classes.length > 0 ? ` class="${classes.join(" ")}"` : "";
  const data = Buffer.from(image.png).toString("base64");
  return `<img${named} width="${width}" height="${height}" alt="${attribute(image.alt)}" src="data:image/png;base64,${data}">`;
}

const words = (some: Words): string =>
  typeof some === "string"
    ? text(some)
    : some
        .map((part) => (typeof part === "string" ? text(part) : `<code>${text(part.code)}</code>`))
        .join("");

/** Gives the names inside every plot a number of its own: an SVG is a file, in a page they would meet. */
function plotIds(): Renumber {
  let plots = 0;
  return (svg) => {
    const prefix = `plot-${++plots}-`;
    return svg
      .replace(/(\sid=")([^"]+")/g, (_, before: string, id: string) => `${before}${prefix}${id}`)
      .replace(/url\(#/g, `url(#${prefix}`)
      .replace(/(\shref="#)/g, `$1${prefix}`);
  };
}
