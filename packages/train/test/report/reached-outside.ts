import { parseHTML } from "linkedom";

const links = ["src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"];

/** What a page would fetch or run, which a report must not: scripts, handlers, addresses other than data and #parts. */
export function reachedOutside(html: string): string[] {
  const { document } = parseHTML(html);
  const styles = [...document.querySelectorAll("style")].map(({ textContent }) => textContent ?? "");
  return [
    ...[...document.querySelectorAll("script, iframe, object, embed, base, form, meta[http-equiv]")].map(
      ({ tagName }) => tagName,
    ),
    ...[...document.querySelectorAll("*")].flatMap((element) =>
      [...element.attributes].flatMap(({ name, value }) => {
        if (name.startsWith("on")) return [`${name}=${value}`];
        if (name === "style") styles.push(value);
        return links.includes(name) && !/^(data:|#)/.test(value) ? [`${name}=${value}`] : [];
      }),
    ),
    ...styles.flatMap((style) => style.match(/@import[^;]*|url\((?!["']?(#|data:))[^)]*\)/g) ?? []),
  ];
}
