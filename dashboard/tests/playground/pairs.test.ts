import { expect, it } from "vitest";
import { type Column, emptyAnswer } from "@/features/playground/columns";
import { isChoiceOpen, linesOf, pairsOf, parsePairs } from "@/features/playground/pairs";

const column = (text: string, more: object = {}, question = "q"): Column => ({
  model: "m",
  isRunning: false,
  entries: [
    { role: "user", text: question },
    { ...emptyAnswer(), text, finish: "stop", totalMs: 1, ...more },
  ],
});

it("lets whole answers to one conversation be compared", () => {
  expect(isChoiceOpen([column("a"), column("b")])).toBe(true);
  expect(isChoiceOpen([column("a")])).toBe(false);
  expect(isChoiceOpen([column("a"), column("a ")])).toBe(false);
  expect(isChoiceOpen([column("a"), column("b", {}, "another")])).toBe(false);
  expect(isChoiceOpen([column("a"), column("b", { error: "down" })])).toBe(false);
  expect(isChoiceOpen([column("a"), column("b", { finish: "length" })])).toBe(false);
  expect(isChoiceOpen([column("a"), { ...column("b"), isRunning: true }])).toBe(false);
});

it("prefers the chosen answer to every other that differs", () => {
  const pairs = pairsOf([column("a"), column("b"), column("c"), column("b")], 1, "Be kind.", []);
  expect(pairs).toEqual([
    {
      input: { messages: [{ role: "system", content: "Be kind." }, { role: "user", content: "q" }] },
      preferred_output: [{ role: "assistant", content: "b" }],
      non_preferred_output: [{ role: "assistant", content: "a" }],
    },
    expect.objectContaining({ non_preferred_output: [{ role: "assistant", content: "c" }] }),
  ]);
  expect(parsePairs(linesOf(pairs))).toEqual(pairs);
});

it("reads nothing from what another version kept", () => {
  expect(parsePairs(null)).toEqual([]);
  expect(parsePairs('{"some": 1}\nno json')).toEqual([]);
});
