/** A training file suggests an eval: rows from its lines, a grader from its answers. */

import { expect, test } from "vitest";
import { propose } from "@/features/evals/proposal";

const chat = (question: string, answer: object, more: object = {}) =>
  JSON.stringify({ messages: [{ role: "user", content: question }, { role: "assistant", ...answer }], ...more });

test("a few short answers that repeat are labels", () => {
  const made = propose(["a", "b", "c", "d"].map((question, at) => chat(question, { content: at % 2 ? "yes" : "no" })));
  expect(made).toMatchObject({ kind: "labels", fields: "question, answer", hasSystem: false });
  expect(made?.criteria[0]).toMatchObject({ kind: "string_check", operation: "eq" });
  expect(made?.rows[0]).toEqual({ item: { question: "a", answer: "no" } });
});

test("objects are graded by their fields, other texts by their wording", () => {
  expect(propose([chat("a", { content: '{"x": 1}' })])?.kind).toBe("json");
  expect(propose([chat("a", { content: "It is a long story." })])?.criteria[0]).toMatchObject({ metric: "rouge_l" });
});

test("calls are graded as calls, with the tools of the file", () => {
  const call = { id: "1", type: "function", function: { name: "look", arguments: '{"at": "Oslo"}' } };
  const tools = [{ type: "function", function: { name: "look" } }];
  const made = propose([chat("a", { tool_calls: [call] }, { tools })]);
  expect(made).toMatchObject({ kind: "calls", tools });
  expect(JSON.parse(made?.rows[0]?.item.answer ?? "")).toEqual([{ name: "look", arguments: { at: "Oslo" } }]);
});

test("system prompts become a field, and a file without questions suggests nothing", () => {
  const line = JSON.stringify({
    messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "a" }, { role: "assistant", content: "b" }],
  });
  expect(propose([line])?.rows[0]).toEqual({ item: { question: "a", answer: "b", system: "Be brief." } });
  expect(propose(["", "{", "[]"])).toBeNull();
});
