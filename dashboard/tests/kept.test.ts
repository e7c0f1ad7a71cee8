/** The playground is found as it was left, and a link to another model joins it. */

import { expect, test } from "vitest";
import { type Answer, blankAnswer, type Entry } from "@/features/playground/columns";
import { begin, type Kept, readKept, written } from "@/features/playground/kept";
import { DEFAULTS } from "@/features/playground/settings";

const said = (text: string): Entry => ({ role: "user", text });
const answer = (part: Partial<Answer>): Answer => ({ ...blankAnswer(), totalMs: 5, ...part });
const kept = (part: Partial<Kept> = {}): Kept => ({
  models: ["a"],
  entries: [[said("hello"), answer({ text: "hi" })]],
  settings: { ...DEFAULTS, system: "Be brief.", tools: "[]" },
  text: "not sent",
  ...part,
});

test("what is written is read again", () => {
  expect(readKept(written(kept()))).toEqual(kept());
});

test("what nobody wrote, or another version, is not read", () => {
  for (const text of [null, "", "{", "[]", '{"version": 0}', '{"version": 1}', '{"version": 1, "models": 3}']) {
    expect(readKept(text)).toBeNull();
  }
});

test("an answer that leaving cut off keeps its words, but no half call, and is nothing without words", () => {
  const cut = { totalMs: null, calls: [{ id: "c", name: "f", arguments: '{"x' }] };
  const entries = [[said("one"), answer({ ...cut, text: "wor" })], [said("one"), answer({ ...cut, text: "" })]];
  const read = readKept(written(kept({ models: ["a", "b"], entries })));
  expect(read?.entries).toEqual([[said("one"), answer({ totalMs: null, text: "wor" })], [said("one")]]);
});

test("what is written stays small: odds of tokens go first, then conversations, then everything typed", () => {
  const token = { token: "x", logprob: -1, bytes: [1], top_logprobs: [] };
  const long = answer({ text: "hi", tokens: Array.from({ length: 30_000 }, () => token) });
  expect(readKept(written(kept({ entries: [[long]] })))?.entries).toEqual([[{ ...long, tokens: [] }]]);
  const longer = written(kept({ entries: [[said("x".repeat(2_000_000))]] }));
  expect(readKept(longer)).toMatchObject({ entries: [[]], settings: { system: "Be brief." } });
  const longest = written(kept({ settings: { ...DEFAULTS, schema: "x".repeat(2_000_000) } }));
  expect(readKept(longest)).toMatchObject({ models: ["a"], settings: DEFAULTS });
});

test("without a link it begins as it was left, and without anything left as the link says", () => {
  expect(begin(kept(), [], undefined)).toEqual(kept());
  expect(begin(null, ["a", "b"], "Hi.")).toEqual({ models: ["a", "b"], entries: [[], []], settings: { ...DEFAULTS, system: "Hi." }, text: "" });
});

test("a link to another model puts it beside those that were talked to", () => {
  const begun = begin(kept(), ["b"], undefined);
  expect(begun.models).toEqual(["a", "b"]);
  expect(begun.entries).toEqual([kept().entries[0], [said("hello")]]);
  expect(begin(begun, ["a"], undefined).models).toEqual(["a", "b"]);
});

test("where nobody talked yet a link replaces the models, and the settings stay", () => {
  const begun = begin(kept({ entries: [[]] }), ["b"], undefined);
  expect([begun.models, begun.settings.system]).toEqual([["b"], "Be brief."]);
});

test("when there is no room for all, models that the link does not name make place", () => {
  const full = kept({ models: ["a", "b", "c"], entries: [[said("hello")], [said("hello")], [said("hello")]] });
  expect(begin(full, ["d"], undefined).models).toEqual(["b", "c", "d"]);
  expect(begin(full, ["a", "d", "d"], undefined).models).toEqual(["a", "c", "d"]);
  expect(begin(full, ["d", "e", "f", "g"], undefined).models).toEqual(["d", "e", "f"]);
});
