/** The elements of index.html by their id. @throws Error for an id that is not there */
export function byId<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  id: string,
): HTMLElementTagNameMap[Name] {
  const found = document.querySelector<HTMLElementTagNameMap[Name]>(`${name}#${id}`);
  if (found === null) throw new Error(`no <${name} id="${id}"> in this page`);
  return found;
}

/** Whether the visitor asked for less motion: nothing then moves by itself. */
export const reducedMotion = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Runs when the visitor changes between light and dark. */
export function onScheme(then: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", then);
}
