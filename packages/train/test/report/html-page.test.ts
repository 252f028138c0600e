import { parseHTML } from "linkedom";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { plotCurves } from "@ncsn/infer/node";
import { htmlPage, type Block } from "../../src/report/index.ts";
import { reachedOutside } from "./reached-outside.ts";

const hostile = [
  "</title><script>alert(1)</script>",
  '"><img src=x onerror="alert(1)">',
  "'; alert(1) //",
  "&lt;b&gt; &amp;amp;",
  "</style></pre></details><h1>",
  "<!-- -->]]>",
];

let small: Uint8Array;
beforeAll(async () => {
  const black = { create: { width: 10, height: 20, channels: 3, background: "black" } } as const;
  small = await sharp(black).png().toBuffer();
});

const page = (...blocks: readonly Block[]) =>
  htmlPage({ title: "t", lead: "l", sections: [{ title: "s", blocks }] });
const documentOf = (html: string) => parseHTML(html).document;

describe("a page", () => {
  it("has its title, its lead and its sections in order", () => {
    const html = htmlPage({
      title: "Runs & models",
      lead: ["made by ", { code: "pnpm train" }],
      sections: [
        { title: "One", blocks: [{ kind: "prose", words: "first" }] },
        { title: "Two", blocks: [{ kind: "details", summary: "all of it", text: "{\n}" }] },
      ],
    });
    const document = documentOf(html);
    expect(html.startsWith("<!doctype html>\n")).toBe(true);
    expect(document.title).toBe("Runs & models");
    expect(document.querySelector("h1")?.textContent).toBe("Runs & models");
    expect(document.querySelector(".lead")?.innerHTML).toBe("made by <code>pnpm train</code>");
    expect([...document.querySelectorAll("h2")].map(({ textContent }) => textContent)).toEqual([
      "One",
      "Two",
    ]);
    expect(document.querySelector("details pre")?.textContent).toBe("{\n}");
  });

  it.each(hostile)("shows %j as it is, wherever it stands", async (name) => {
    const svg = await plotCurves({ [name]: [[0, 1], [1, 2]] }, { x: name, y: name }); // prettier-ignore
    const image = { png: small, alt: name };
    const html = htmlPage({
      title: name,
      lead: [name, { code: name }],
      sections: [
        {
          title: name,
          blocks: [
            { kind: "prose", words: name },
            { kind: "note", words: name },
            { kind: "code", text: name },
            { kind: "table", caption: name, columns: [name], rows: [[name]] },
            { kind: "figures", figures: [{ image: { svg, alt: name }, caption: name }, { image, caption: name }] }, // prettier-ignore
            { kind: "pictures", caption: name, columns: [name], rows: [{ name, images: [image] }] },
            { kind: "details", summary: name, text: name },
          ],
        },
      ],
    });
    const document = documentOf(html);
    expect(document.querySelectorAll("script, h1 *, [onerror]")).toHaveLength(0);
    expect(document.querySelectorAll("h1")).toHaveLength(1);
    expect(document.querySelectorAll("img")).toHaveLength(2);
    const shown =
      "title, h1, h2, p.note, .lead code, pre code, caption, th, figcaption, summary, details pre";
    const texts = [...document.querySelectorAll(shown)].map(({ textContent }) => textContent);
    expect(texts.length).toBe(16);
    expect(texts.filter((text) => text !== name)).toEqual([]);
    expect(document.querySelector("img")?.getAttribute("alt")).toBe(name);
    expect(document.querySelector("svg")?.getAttribute("aria-label")).toBe(name);
    expect(reachedOutside(html)).toEqual([]);
  });

  it("shows that a character is lost which HTML cannot hold", () => {
    expect(htmlPage({ title: "a\0b\u001b[31m\tc\n", lead: "", sections: [] })).toContain(
      "<h1>a\ufffdb\ufffd[31m\tc\n</h1>",
    );
  });

  it("sets numbers right, and a column of text left", () => {
    const document = documentOf(
      page({
        kind: "table",
        columns: ["sampler", "steps", "distance", "note"],
        rows: [
          ["heun", 18, "0.95 ± 0.02", null],
          ["ddpm", 1000, "1.5 ± 0.1", "slow"],
        ],
        right: [2],
      }),
    );
    const classes = (row: string) =>
      [...document.querySelectorAll(`${row} > *`)].map((cell) => cell.className);
    expect(classes("thead tr")).toEqual(["", "number", "number", ""]);
    expect(classes("tbody tr")).toEqual(["", "number", "number", ""].concat(["", "number", "number", ""]));
    expect(document.querySelector("tbody tr td:last-child")?.textContent).toBe("");
  });

  it("holds pictures, small ones enlarged by a whole factor to squares", () => {
    const document = documentOf(
      page({ kind: "figures", figures: [{ image: { png: small, alt: "a" }, caption: "c" }] }),
    );
    const image = document.querySelector("img");
    expect([image?.getAttribute("width"), image?.getAttribute("height"), image?.className]).toEqual(["320", "640", "pixels"]); // prettier-ignore
    const data = image?.getAttribute("src")?.replace("data:image/png;base64,", "") ?? "";
    expect(Buffer.from(data, "base64").equals(small)).toBe(true);
  });

  it("keeps the names inside of two plots apart", () => {
    const svg = `<svg viewBox="0 0 1 1"><clipPath id="clip-1"><rect/></clipPath><g clip-path="url(#clip-1)"><use href="#clip-1"/></g></svg>`;
    const figure = { image: { svg, alt: "a" }, caption: "c" };
    const document = documentOf(page({ kind: "figures", figures: [figure, figure] }));
    const of = (selector: string, name: string) =>
      [...document.querySelectorAll(selector)].map((element) => element.getAttribute(name));
    expect(of("clipPath", "id")).toEqual(["plot-1-clip-1", "plot-2-clip-1"]);
    expect(of("g", "clip-path")).toEqual(["url(#plot-1-clip-1)", "url(#plot-2-clip-1)"]);
    expect(of("use", "href")).toEqual(["#plot-1-clip-1", "#plot-2-clip-1"]);
  });

  it("says where a picture is missing, and refuses what is none", () => {
    const html = page({ kind: "pictures", columns: ["a", "b"], rows: [{ name: "1", images: [undefined, { png: small, alt: "" }] }] }); // prettier-ignore
    expect([...documentOf(html).querySelectorAll("tbody td")].map((cell) => cell.children.length)).toEqual([
      0, 1,
    ]);
    const bad = (image: Parameters<typeof figure>[0]) => () => page(figure(image));
    expect(bad({ png: new Uint8Array(30), alt: "" })).toThrow("invalid picture: 30 bytes that are not a PNG");
    expect(bad({ svg: "<p>", alt: "" })).toThrow('invalid plot: "<p>" (need an <svg> element)');
  });
});

const figure = (image: Extract<Block, { kind: "figures" }>["figures"][number]["image"]): Block => ({
  kind: "figures",
  figures: [{ image, caption: "" }],
});
