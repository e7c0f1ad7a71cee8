/** Stored answers become lines of a training file. */

import { expect, test } from "vitest";
import { criterionName } from "@/features/evals/queries";
import { NEW, schemaOf, wireOf } from "@/features/evals/criteria";
import { NEW_RUN, readRows, runRequest } from "@/features/evals/runRequest";
import { conditionsOf } from "@/features/logs/entries";
import type { JsonObject } from "@/lib/jsonl";
import { ASKED_FOR_SUMMARY, assistantTurn, chatMessages, chatTools, inputMessage, trainingLine } from "@/lib/logs";
import { wilson } from "@/lib/statistics";
import { pairOf } from "@/lib/storedFilter";

test("items of a response become turns, calls of one turn together", () => {
  const items: JsonObject[] = [
    { type: "message", role: "user", content: [{ type: "input_text", text: "weather?" }] },
    { type: "reasoning", summary: [] },
    { type: "function_call", call_id: "a", name: "f", arguments: "{}" },
    { type: "function_call", call_id: "b", name: "g", arguments: "{}" },
    { type: "function_call_output", call_id: "a", output: "sun" },
  ];
  expect(chatMessages(items)).toEqual([
    { role: "user", content: "weather?" },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
        { id: "b", type: "function", function: { name: "g", arguments: "{}" } },
      ],
    },
    { role: "tool", tool_call_id: "a", content: "sun" },
  ]);
  expect(chatMessages("hi")).toEqual([{ role: "user", content: "hi" }]);
});

test("what only the log knows does not go into a training file", () => {
  const question = inputMessage({ id: "c-0", role: "user", content: "hi", name: null, content_parts: null });
  const answer = assistantTurn({ role: "assistant", content: "hello", refusal: null, annotations: [], tool_calls: [] });
  expect(trainingLine([question, answer], [])).toEqual({
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: "hello" },
    ],
  });
});

test("flat tools become those of a training file", () => {
  expect(chatTools([{ type: "function", name: "f", parameters: { type: "object" }, strict: true, description: null }])).toEqual([
    { type: "function", function: { name: "f", parameters: { type: "object" } } },
  ]);
});

test("logs are asked for by whole days of this place, and by a pair", () => {
  const seconds = (time: string) => new Date(time).getTime() / 1000;
  expect(conditionsOf({ from: "2026-11-25", to: "2026-11-25", metadata: "task=a=b" })).toMatchObject({
    created_after: seconds("2026-11-25T00:00:00") - 1,
    created_before: seconds("2026-11-26T00:00:00"),
    "metadata[task]": "a=b",
  });
  expect(conditionsOf({ to: "2026-12-31" }).created_before).toBe(seconds("2027-01-01T00:00:00"));
  expect(conditionsOf({ from: "soon", metadata: "nothing" })).toEqual({});
  expect([pairOf("a=b=c"), pairOf("nothing"), pairOf(undefined)]).toEqual([{ a: "b=c" }, undefined, undefined]);
});

test("every kind of grader is written with its own fields only", () => {
  expect(wireOf({ ...NEW, name: "exact" })).toEqual({
    type: "string_check",
    name: "exact",
    input: "{{ sample.output_text }}",
    reference: "{{ item.answer }}",
    operation: "eq",
  });
  expect(wireOf({ ...NEW, kind: "label_model", model: "m" })).toMatchObject({ labels: ["right", "wrong"], passing_labels: ["right"] });
  expect(wireOf({ ...NEW, kind: "multi", threshold: "" })).toMatchObject({ type: "multi", calculate_output: "exact" });
  expect(schemaOf("a, b")).toMatchObject({ required: ["a", "b"] });
});

test("rows are read with an item around them or without", () => {
  expect(readRows('{"a":1}\n\n{"item":{"a":2}}\n')).toEqual([{ item: { a: 1 } }, { item: { a: 2 } }]);
  expect(readRows("{}\nno json")).toBeNull();
});

test("a run without a model grades the data as they are", () => {
  const draft = { ...NEW_RUN, rows: '{"a":1}' };
  expect(runRequest(draft).data_source).toEqual({ type: "jsonl", source: { type: "file_content", content: [{ item: { a: 1 } }] } });
  expect(runRequest({ ...draft, model: "m" })).toMatchObject({ name: "m", data_source: { type: "completions", sampling_params: { temperature: 0 } } });
});

test("an interval is the one that Wilson's formula gives, and stays between nothing and all", () => {
  const { low, high } = wilson(8, 10);
  expect([low.toFixed(4), high.toFixed(4)]).toEqual(["0.4902", "0.9433"]);
  expect(wilson(0, 5).low).toBeCloseTo(0, 12);
  expect(wilson(5, 5).high).toBeCloseTo(1, 12);
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
});

test("a criterion is called as its owner called it", () => {
  expect(criterionName("says the word-2cfae239-758a-48f3-b909-4a57a757487c")).toBe("says the word");
  expect(criterionName("a-b")).toBe("a-b");
});

test("a summary that a compacted conversation begins with stays in its line and is not learned", () => {
  const items: JsonObject[] = [
    { type: "compaction", id: "cmp_1", encrypted_content: "…", content: "They want two chairs." },
    { type: "message", role: "user", content: "Make it three." },
  ];
  expect(chatMessages(items)).toEqual([
    { role: "user", content: ASKED_FOR_SUMMARY },
    { role: "assistant", content: "They want two chairs.", weight: 0 },
    { role: "user", content: "Make it three." },
  ]);
});
