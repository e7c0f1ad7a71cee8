/** What a comparison says, worded in the reader's language from the codes and numbers of the server. */

import type { Messages } from "@/i18n/messages";
import type { Statement } from "@/api/x";
import { count, decimal, percent } from "@/lib/format";

type Words = Messages["evals"]["statements"];
type Values = Record<string, unknown>;

const MIN_P = 0.0001;

/** The statement in words; the server's own where the code is not known here. */
export function worded(statement: Statement, words: Words, tag: string): string {
  const { values } = statement;
  const items = (name: string) => count(numberOf(values, name), tag);
  const bound = (name: string) => amount(values, numberOf(values, name), tag, words);
  switch (statement.code) {
    case "better":
    case "worse":
      return words[statement.code](changed(values, words, tag));
    case "mixed":
      return words.mixed(sides(values.better, words, tag), sides(values.worse, words, tag));
    case "no_change":
      return words.noChange(points(numberOf(values, "margin"), tag), changed(values, words, tag));
    case "too_few_items":
      return (
        words.tooFew(items("items"), `${beforeAfter(values, words, tag)}${words.comma}${pValue(values, words, tag)}`) +
        (values.needed == null
          ? words.end
          : words.needed(items("needed"), points(numberOf(values, "detectable"), tag)))
      );
    case "errors_could_explain":
      return words.errorsExplain(
        items("errored"),
        `${beforeAfter(values, words, tag)}${words.comma}${pValue(values, words, tag)}`,
        bound("worst_low"),
        bound("worst_high"),
      );
    case "mostly_errors":
      return words.mostlyErrors(items("items"), items("total"));
    case "nothing_judged":
      return words.nothingJudged;
    case "errors":
      return words.errors(items("base"), items("candidate"), items("both"), bound("worst_low"), bound("worst_high"));
    case "common_part":
      return words.commonPart(items("items"), items("only_base"), items("only_candidate"));
    case "clusters":
      return words.clusters(items("items"), items("clusters"));
    case "averaged":
      return words.averaged(items("base"), items("candidate"), items("items"));
    case "criteria_left_out":
      return words.criteriaLeftOut((values.criteria as string[]).join(words.comma));
    default:
      return statement.text;
  }
}

/** "p = 0.012" as a number alone, with "<" where it is too small to write. */
export function shortP(value: number, tag: string): string {
  return value < MIN_P ? `< ${decimal(MIN_P, 4, tag)}` : decimal(value, 4, tag);
}

export function signedPoints(share: number, tag: string): string {
  return `${share > 0 ? "+" : ""}${decimal(100 * share, 1, tag)}`;
}

function changed(values: Values, words: Words, tag: string): string {
  const range =
    values.low == null || values.high == null
      ? ""
      : words.interval(
          amount(values, numberOf(values, "low"), tag, words),
          amount(values, numberOf(values, "high"), tag, words),
        ) + words.comma;
  const p = values.p_value == null ? "" : pValue(values, words, tag) + words.comma;
  return words.changed(
    by(values, words),
    beforeAfter(values, words, tag),
    amount(values, numberOf(values, "difference"), tag, words),
    `${range}${p}${words.items(count(numberOf(values, "items"), tag))}`,
  );
}

function sides(list: unknown, words: Words, tag: string): string {
  return (list as Values[])
    .map((one) => `${by(one, words) || words.allCriteria} (${amount(one, numberOf(one, "difference"), tag, words)})`)
    .join(words.comma);
}

function by(values: Values, words: Words): string {
  if (typeof values.criterion !== "string") return "";
  return values.kind === "score" ? words.score(values.criterion) : words.criterion(values.criterion);
}

function beforeAfter(values: Values, words: Words, tag: string): string {
  const shown = (name: string) =>
    values.kind === "score" ? decimal(numberOf(values, name), 3, tag) : percent(numberOf(values, name), tag, 1);
  return words.beforeAfter(shown("base"), shown("candidate"));
}

function amount(values: Values, value: number, tag: string, words: Words): string {
  if (values.kind === "score") return `${value > 0 ? "+" : ""}${decimal(value, 3, tag)}`;
  return words.points(signedPoints(value, tag));
}

function points(share: number, tag: string): string {
  return decimal(100 * share, Number.isInteger(Math.round(1000 * share) / 10) ? 0 : 1, tag);
}

function pValue(values: Values, words: Words, tag: string): string {
  const p = numberOf(values, "p_value");
  const tests = numberOf(values, "tests");
  return words.p(p < MIN_P ? shortP(p, tag) : `= ${decimal(p, 4, tag)}`, tests > 1 ? count(tests, tag) : "");
}

function numberOf(values: Values, name: string): number {
  const value = values[name];
  return typeof value === "number" ? value : 0;
}
