// The fields of the form that a visitor fills in (TM-5).

import { h, set, write } from "./dom";
import type { Say } from "./texts";
import type { FormField } from "./types";

/** What the visitor says of a field. */
export interface FieldAnswer {
  field: string;
  value?: string;
  values?: string[];
}

/** A field with its label, and what is wrong with it below. */
export interface Row {
  readonly key: string;
  readonly element: HTMLElement;
  read(): FieldAnswer;
  /** Shows what is wrong; "": nothing. */
  blame(problem: string): void;
  /** Shows what is wrong with what is filled in, and reports whether it is all right. */
  check(): boolean;
  focus(): void;
}

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The attributes of what is filled in, by the field's kind. */
const kinds: Record<string, Record<string, string>> = {
  EMAIL: { type: "email", autocomplete: "email", dir: "ltr" },
  NAME: { autocomplete: "name" },
  PHONE: { type: "tel", autocomplete: "tel", dir: "ltr" },
  NUMBER: { type: "number", step: "any" },
  DATE: { type: "date" },
  TIME: { type: "datetime-local" },
};

/** Makes a field; its names are unique within the panel. */
export function rowOf({ key, label, kind, options, required }: FormField, say: Say): Row {
  const id = `${key}-problem`;
  const problem = h("span", { class: "bad", id, dir: "auto" });
  const common = { name: key, "aria-describedby": id, required };
  const text = h("span", { dir: "auto" }, label);
  if (required) text.append(h("span", { "aria-hidden": "true" }, " *"));
  const box = (name: string, value: string): [HTMLInputElement, HTMLElement] => {
    const input = h("input", { type: "checkbox", name: key, value, "aria-describedby": id });
    return [input, h("label", { class: "check" }, input, h("span", { dir: "auto" }, name))];
  };
  let inputs: Input[];
  let parts: HTMLElement[];
  if (kind === "CHOICES") {
    const boxes = options.map((option) => box(option.label, option.value));
    inputs = boxes.map(([input]) => input);
    parts = [h("fieldset", {}, h("legend", {}, text), ...boxes.map(([, line]) => line))];
  } else if (kind === "BOOLEAN") {
    const [input, line] = box(label, "true");
    inputs = [input];
    parts = [line];
  } else {
    const choices = [{ value: "", label: say("fieldChoose") }, ...options];
    const input =
      kind === "CHOICE"
        ? h("select", common, ...choices.map(({ value, label: name }) => h("option", { value }, name)))
        : kind === "LONG_TEXT"
          ? h("textarea", { ...common, dir: "auto", maxlength: 10_000 })
          : h("input", { type: "text", dir: "auto", ...common, ...kinds[kind] });
    inputs = [input];
    input.id = key;
    parts = [h("label", { for: key }, text), input];
  }
  const chosen = (): string[] => inputs.filter((input) => (input as HTMLInputElement).checked).map(({ value }) => value);
  const blame = (words: string): void => {
    write(problem, words);
    for (const input of inputs) set(input, "aria-invalid", words ? "true" : null);
  };
  const read = (): FieldAnswer => {
    if (kind === "CHOICES") return { field: key, values: chosen() };
    if (kind === "BOOLEAN") return { field: key, value: String(chosen().length > 0) };
    const value = inputs[0]!.value.trim();
    return { field: key, value: value && kind === "TIME" ? new Date(value).toISOString() : value };
  };
  return {
    key,
    element: h("div", { class: "field" }, ...parts, problem),
    read,
    blame,
    check() {
      const { value, values } = read();
      const empty = !(values?.length || value);
      const { validity } = inputs[0]!;
      const wrong = validity.badInput || validity.typeMismatch;
      blame(wrong ? say(kind === "EMAIL" ? "emailInvalid" : "fieldInvalid") : empty && required ? say(kind === "EMAIL" ? "emailInvalid" : "fieldRequired") : "");
      return !problem.textContent;
    },
    focus: () => inputs[0]!.focus(),
  };
}
