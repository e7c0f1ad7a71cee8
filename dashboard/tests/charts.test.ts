/** Numbers of a chart: small ones keep their digits, all go into a file, some are read out. */

import { expect, test } from "vitest";
import { asTable, someOf } from "@/lib/chartTable";
import { measured } from "@/lib/format";

test("a loss keeps three digits however small it gets", () => {
  expect([0, 2.34567, 0.0345678, 0.00012345, 0.0000123, 1234.5].map((value) => measured(value, "en-GB"))).toEqual([
    "0", "2.346", "0.0346", "0.000123", "1.23E-5", "1,234.5",
  ]); // prettier-ignore
});

test("a table has a line for each step, and nothing where nothing was measured", () => {
  const curves = [{ name: 'A "b", c', values: [0.5, null] }];
  expect(asTable([1, 2], curves, "Steps")).toBe('Steps,"A ""b"", c"\n1,0.5\n2,\n');
});

test("a name that a spreadsheet would compute is a text in a file, and a number stays one", () => {
  const curves = ['=HYPERLINK("http://e.x")', "+1", "@SUM(A1)", "-2+3"].map((name) => ({ name, values: [-1] }));
  expect(asTable([1], curves, "Steps")).toBe(
    `Steps,"'=HYPERLINK(""http://e.x"")",'+1,'@SUM(A1),'-2+3\n1,-1,-1,-1,-1\n`,
  );
});

test("of many steps some are read out, the first and the last among them", () => {
  expect(someOf(3, 12)).toEqual([0, 1, 2]);
  const some = someOf(1000, 12);
  expect([some.length, some[0], some.at(-1)]).toEqual([12, 0, 999]);
});
