/** The playground is restored as it was left, and a link to another model adds that model. */

import { expect, test } from "vitest";
import { type Answer, emptyAnswer, type Entry } from "@/features/playground/columns";
import { initialState, type SavedState, parseState, serialize } from "@/features/playground/savedState";
import { DEFAULTS } from "@/features/playground/settings";

const said = (text: string): Entry => ({ role: "user", text });
const answer = (part: Partial<Answer>): Answer => ({ ...emptyAnswer(), totalMs: 5, ...part });
const saved = (part: Partial<SavedState> = {}): SavedState => ({
  models: ["a"],
  entries: [[said("hello"), answer({ text: "hi" })]],
  settings: { ...DEFAULTS, system: "Be brief.", tools: "[]" },
  text: "not sent",
  ...part,
});

test("what is saved is read again", () => {
  expect(parseState(serialize(saved()))).toEqual(saved());
});

test("an empty, broken or older state is not read", () => {
  for (const text of [null, "", "{", "[]", '{"version": 0}', '{"version": 1}', '{"version": 1, "models": 3}']) {
    expect(parseState(text)).toBeNull();
  }
});

test("an answer interrupted by leaving keeps its text but no partial call, and is dropped without text", () => {
  const cut = { totalMs: null, calls: [{ id: "c", name: "f", arguments: '{"x' }] };
  const entries = [[said("one"), answer({ ...cut, text: "wor" })], [said("one"), answer({ ...cut, text: "" })]];
  const read = parseState(serialize(saved({ models: ["a", "b"], entries })));
  expect(read?.entries).toEqual([[said("one"), answer({ totalMs: null, text: "wor" })], [said("one")]]);
});

test("the saved state stays small: token probabilities go first, then conversations, then everything typed", () => {
  const token = { token: "x", logprob: -1, bytes: [1], top_logprobs: [] };
  const long = answer({ text: "hi", tokens: Array.from({ length: 30_000 }, () => token) });
  expect(parseState(serialize(saved({ entries: [[long]] })))?.entries).toEqual([[{ ...long, tokens: [] }]]);
  const longer = serialize(saved({ entries: [[said("x".repeat(2_000_000))]] }));
  expect(parseState(longer)).toMatchObject({ entries: [[]], settings: { system: "Be brief." } });
  const longest = serialize(saved({ settings: { ...DEFAULTS, schema: "x".repeat(2_000_000) } }));
  expect(parseState(longest)).toMatchObject({ models: ["a"], settings: DEFAULTS });
});

test("without a link the saved state is restored, and without a saved state the link's", () => {
  expect(initialState(saved(), [], undefined)).toEqual(saved());
  expect(initialState(null, ["a", "b"], "Hi.")).toEqual({ models: ["a", "b"], entries: [[], []], settings: { ...DEFAULTS, system: "Hi." }, text: "" });
});

test("a link to another model adds a column beside the existing conversations", () => {
  const begun = initialState(saved(), ["b"], undefined);
  expect(begun.models).toEqual(["a", "b"]);
  expect(begun.entries).toEqual([saved().entries[0], [said("hello")]]);
  expect(initialState(begun, ["a"], undefined).models).toEqual(["a", "b"]);
});

test("without a conversation a link replaces the models, and the settings stay", () => {
  const begun = initialState(saved({ entries: [[]] }), ["b"], undefined);
  expect([begun.models, begun.settings.system]).toEqual([["b"], "Be brief."]);
});

test("when there is no room for all, models that the link does not name are removed", () => {
  const full = saved({ models: ["a", "b", "c"], entries: [[said("hello")], [said("hello")], [said("hello")]] });
  expect(initialState(full, ["d"], undefined).models).toEqual(["b", "c", "d"]);
  expect(initialState(full, ["a", "d", "d"], undefined).models).toEqual(["a", "c", "d"]);
  expect(initialState(full, ["d", "e", "f", "g"], undefined).models).toEqual(["d", "e", "f"]);
});
