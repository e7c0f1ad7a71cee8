/** The palette: what is found by typing, and whole ids that lead somewhere at once. */

import { expect, test } from "vitest";
import { actionEntries, matching, pageEntries } from "@/features/shell/paletteEntries";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { targetOf } from "@/lib/tab/targets";

const A24 = "a1B2c3D4e5F6g7H8i9J0k1L2";

test("whole ids lead to their pages, with blanks around them too", () => {
  expect(targetOf(` ftjob-${A24}\n`)).toEqual({ to: "/fine-tuning/$jobId", params: { jobId: `ftjob-${A24}` } });
  expect(targetOf(`file-${A24}`)).toEqual({ to: "/files/$fileId", params: { fileId: `file-${A24}` } });
  expect(targetOf(`chatcmpl-${A24}`)).toMatchObject({ params: { kind: "completions" } });
  expect(targetOf(`resp_${"0f".repeat(24)}`)).toMatchObject({ params: { kind: "responses" } });
  const model = "ft:understudy-mini:default:weather:AbCd1234:ckpt-step-20";
  expect(targetOf(model)).toEqual({ to: "/models", search: { q: model } });
});

test("parts of ids and words lead nowhere", () => {
  for (const text of ["", "ftjob-", "ftjob-a1B2", A24, `ftjob-${A24} and more`, "ft:understudy", "file-upload"]) {
    expect(targetOf(text), text).toBeNull();
  }
});

test("an entry holds every word that was typed, in any order, and in Chinese also by its English name", () => {
  const named = (text: string) => matching([...actionEntries(zh), ...pageEntries(zh.common)], text).map(({ id }) => id);
  expect(named("key create")).toEqual(["key"]);
  expect(named("密钥")).toEqual(["key", "page /keys"]);
  expect(named("fine-tuning")).toEqual(["page /fine-tuning"]);
  expect(named("no such thing")).toEqual([]);
});

test("no two entries share an id", () => {
  const ids = [...actionEntries(en), ...pageEntries(en.common)].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
