/** Long texts show their beginning. */

import { expect, test } from "vitest";
import { beginningOf } from "@/lib/folding";

test("a short text is shown whole, and one that is hardly too long too", () => {
  expect(beginningOf("")).toBeNull();
  expect(beginningOf("x".repeat(3300))).toBeNull();
});

test("200 kB show their first characters, and many lines the first of them", () => {
  expect(beginningOf("x".repeat(200_000))).toHaveLength(3000);
  expect(beginningOf("a line\n".repeat(500))?.split("\n")).toHaveLength(24);
});
