/** Sentences of the server in other words: from their code and values, by a catalogue of templates. */

import { count } from "@/lib/format";

/** What a sentence says, as the server sends it beside the text. */
export interface Wording {
  readonly code: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Templates by code: `{name}` is a value; `{name|a=x|b=y}` says x for a, y for b, and others as they are. */
export type Sentences = Readonly<Record<string, string>>;

const PLACE = /\{(\w+)((?:\|[^|{}=]+=[^|{}]*)*)\}/g;
const TOGETHER = "together";
/** Between clauses and names, English marks become those of the language. */
const BETWEEN: Readonly<Record<string, string>> = { ", ": "，", "; ": "；", ". ": "。", " ": "" };

/** The sentence in the words of the catalogue; null when it has no such code. */
export function worded({ code, values }: Wording, sentences: Sentences, tag: string): string | null {
  if (code === TOGETHER) return together(values, sentences, tag);
  const template = sentences[code];
  if (template === undefined) return null;
  return filled(template, (name) => valueOf(values[name], sentences, tag)).replace(/[.。]([。，；])/g, "$1");
}

/** The template with its values in place. */
export function filled(template: string, value: (name: string) => string): string {
  return template.replace(PLACE, (_, name: string, cases: string) => {
    const written = value(name);
    const chosen = cases.split("|").find((each) => each.startsWith(`${written}=`));
    return chosen === undefined ? written : chosen.slice(written.length + 1);
  });
}

function together(values: Wording["values"], sentences: Sentences, tag: string): string {
  const parts = Array.isArray(values.parts) ? values.parts : [];
  const between = typeof values.between === "string" ? values.between : " ";
  return parts.map((part) => valueOf(part, sentences, tag)).join(BETWEEN[between] ?? between);
}

function valueOf(value: unknown, sentences: Sentences, tag: string): string {
  if (typeof value === "number") return Number.isInteger(value) ? count(value, tag) : String(value);
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((each) => valueOf(each, sentences, tag)).join("、");
  return isWording(value) ? (worded(value, sentences, tag) ?? "") : "";
}

/** What the server says beside a text, in an object that may be of an official type, which has no place for it. */
export function wordingIn(object: unknown): Wording | null {
  if (typeof object !== "object" || object === null || !("wording" in object)) return null;
  return isWording(object.wording) ? object.wording : null;
}

export function isWording(value: unknown): value is Wording {
  return typeof value === "object" && value !== null && "code" in value && "values" in value;
}
