/** How runs are to be compared, as it is typed in and as it stands in an address. */

import { expect, test } from "vitest";
import { marginOf } from "@/features/evals/CompareForm";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";

test("a margin is typed in points and asked for as a share", () => {
  expect(marginOf("5")).toBe(0.05);
  expect(marginOf(" 2,5 ")).toBe(0.025);
  expect(marginOf("0.1")).toBe(0.001);
});

test.each(["", "0", "-1", "100", "five", "NaN", "1e9"])("%j is no margin", (typed) => {
  expect(marginOf(typed)).toBeNull();
});

test("a run with repeats says how many rows it has", () => {
  expect(en.evals.repeatedRows("5", "3")).toBe("5 rows, each asked 3 times");
  expect(zh.evals.repeatedRows("5", "3")).toBe("5 行，每行提问 3 次");
});
