/** Labelled form fields. Each tells of a change by one function; a field shows what it is told to, and no more. */
import type { OptionRule } from "@ncsn/core";

/** A field in a form. */
export interface Field<Value> {
  readonly element: HTMLElement;
  /** Shows a value without telling of a change. */
  readonly show: (value: Value) => void;
}

/** Where several can be chosen from. */
export function choiceField<Name extends string>(
  label: string,
  names: readonly Name[],
  changed: (name: Name) => void,
  texts: Readonly<Record<string, string>> = {},
): Field<Name> {
  const select = document.createElement("select");
  for (const name of names) select.add(new Option(texts[name] ?? name, name));
  select.addEventListener("change", () => changed(select.value as Name));
  return { element: labelled(label, select), show: (name) => (select.value = name) };
}

/** What a number may be. */
export interface NumberRange {
  readonly least?: number;
  readonly most?: number;
  readonly integer?: boolean;
  /** What stands in the field while it is empty. */
  readonly empty?: string;
  readonly about?: string;
}

/** A number, or undefined where the field is empty. A value that is no such number is not told. */
export function numberField(
  label: string,
  { least, most, integer = true, empty, about }: NumberRange,
  changed: (value: number | undefined) => void,
): Field<number | undefined> {
  const input = document.createElement("input");
  Object.assign(input, {
    type: "number",
    inputMode: integer ? "numeric" : "decimal",
    required: empty === undefined,
  });
  input.step = integer ? "1" : "any";
  if (least !== undefined) input.min = String(least);
  if (most !== undefined) input.max = String(most);
  if (empty !== undefined) input.placeholder = empty;
  input.addEventListener("change", () => {
    if (input.reportValidity()) changed(input.value === "" ? undefined : input.valueAsNumber);
  });
  return {
    element: labelled(label, input, about),
    show: (value) => (input.value = value === undefined ? "" : String(value)),
  };
}

/** Yes or no. */
export function switchField(label: string, changed: (on: boolean) => void, about?: string): Field<boolean> {
  const input = document.createElement("input");
  input.type = "checkbox";
  input.addEventListener("change", () => changed(input.checked));
  return { element: labelled(label, input, about), show: (on) => (input.checked = on) };
}

/** A value of a sampler's option. */
export type OptionValue = number | boolean | string | undefined;

/** The field that a sampler's rule asks for. */
export function optionField(
  name: string,
  rule: OptionRule,
  changed: (value: OptionValue) => void,
): Field<OptionValue> {
  const label = inWords(name);
  const { kind, choices = [], least, most, about } = rule;
  switch (kind) {
    case "boolean": {
      const { element, show } = switchField(label, changed, about);
      return { element, show: (value) => show(value === true) };
    }
    case "choice": {
      const { element, show } = choiceField(label, choices, changed);
      return { element, show: (value) => show(String(value)) };
    }
    case "integer":
    case "number": {
      const range = { least, most, integer: kind === "integer", empty: "–", about };
      const { element, show } = numberField(label, range, changed);
      return { element, show: (value) => show(typeof value === "number" ? value : undefined) };
    }
    default:
      return kind satisfies never;
  }
}

/** stepsPerLevel → steps per level */
const inWords = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

let made = 0;

function labelled(text: string, control: HTMLElement, about?: string): HTMLElement {
  const field = document.createElement("div");
  field.className = "field";
  const label = document.createElement("label");
  label.textContent = text;
  label.htmlFor = control.id = `field-${made++}`;
  if (about !== undefined) field.title = about;
  field.append(label, control);
  return field;
}
