/** Text as it stands in HTML. */

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** The characters of a text, between tags. What HTML cannot hold, such as NUL, becomes the sign for a lost character. */
export const text = (raw: string): string =>
  raw.replace(/(?![\t\n\r])\p{Cc}/gu, "\ufffd").replace(/[&<>"]/g, (character) => entities[character]);

/** The value of an attribute, between double quotes. */
export const attribute = (raw: string): string => text(raw).replace(/\s+/g, " ");
