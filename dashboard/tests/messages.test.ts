/** Both languages say everything, and say it in their own words. */

import { describe, expect, test } from "vitest";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";

type Leaf = string | ((...values: never[]) => string);

function leaves(catalogue: object, path = ""): [string, Leaf][] {
  return Object.entries(catalogue).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null
      ? leaves(value, `${path}${key}.`)
      : [[`${path}${key}`, value as Leaf] satisfies [string, Leaf]],
  );
}

const english = leaves(en);
const chinese = new Map(leaves(zh));

describe("the catalogues", () => {
  test("have the same keys", () => {
    expect([...chinese.keys()].sort()).toEqual(english.map(([key]) => key).sort());
  });

  test("have a text or a function at the same places, with the same number of values at most", () => {
    for (const [key, text] of english) {
      const other = chinese.get(key);
      expect(typeof other, key).toBe(typeof text);
      if (typeof text === "function" && typeof other === "function") expect(other.length, key).toBeLessThanOrEqual(text.length);
    }
  });

  test("say nothing empty, and hardly anything twice in English", () => {
    const untranslated = english.filter(([key, text]) => typeof text === "string" && chinese.get(key) === text);
    // Names of products and of a hyperparameter.
    const names = ["openai", "understudy", "promptfoo"].map((name) => `evals.sources.${name}`);
    expect(untranslated.map(([key]) => key)).toEqual([...names, "jobs.form.beta"]);
    for (const [key, text] of [...english, ...chinese]) if (typeof text === "string") expect(text.trim(), key).not.toBe("");
  });
});
