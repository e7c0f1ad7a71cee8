/** Streams become answers, and conversations become requests. */

import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { expect, test } from "vitest";
import { blankAnswer, type Entry, grow, messagesOf, openCalls } from "@/features/playground/columns";

function chunk(delta: ChatCompletionChunk.Choice.Delta, finish: "stop" | null = null): ChatCompletionChunk {
  const choices = [{ index: 0, delta, finish_reason: finish, logprobs: null }];
  return { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices };
}

const call = (index: number, part: object) => ({ tool_calls: [{ index, ...part }] });

test("text grows, and the first of it is timed", () => {
  let answer = grow(blankAnswer(), chunk({ role: "assistant", content: "" }), 10);
  expect(answer.firstMs).toBeNull();
  answer = grow(answer, chunk({ content: "Hel" }), 20);
  answer = grow(answer, chunk({ content: "lo" }, "stop"), 30);
  expect([answer.text, answer.firstMs, answer.finish]).toEqual(["Hello", 20, "stop"]);
});

test("arguments of several calls grow beside each other", () => {
  const parts = [
    call(0, { id: "a", function: { name: "f", arguments: "" } }),
    call(0, { function: { arguments: '{"x"' } }),
    call(1, { id: "b", function: { name: "g", arguments: "{}" } }),
    call(0, { function: { arguments: ":1}" } }),
  ];
  const answer = parts.reduce((grown, part) => grow(grown, chunk(part), 5), blankAnswer());
  expect(answer.calls).toEqual([
    { id: "a", name: "f", arguments: '{"x":1}' },
    { id: "b", name: "g", arguments: "{}" },
  ]);
});

test("usage comes in a chunk without choices", () => {
  const last = { ...chunk({}), choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } };
  expect(grow(blankAnswer(), last, 1).usage).toEqual({ prompt: 3, completion: 4 });
});

const asked: Entry[] = [
  { role: "user", text: "weather?" },
  { ...blankAnswer(), calls: [{ id: "a", name: "f", arguments: "{}" }] },
];

test("a call is open until its result is there", () => {
  expect(openCalls(asked).map((open) => open.id)).toEqual(["a"]);
  expect(openCalls([...asked, { role: "tool", callId: "a", text: "sun" }])).toEqual([]);
});

test("a request carries the system prompt, calls and results, but no answer that failed", () => {
  const entries: Entry[] = [
    ...asked,
    { role: "tool", callId: "a", text: "sun" },
    { ...blankAnswer(), error: "the server went away" },
    { role: "user", text: "again" },
  ];
  expect(messagesOf("be brief", entries)).toEqual([
    { role: "system", content: "be brief" },
    { role: "user", content: "weather?" },
    { role: "assistant", content: null, tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "a", content: "sun" },
    { role: "user", content: "again" },
  ]);
  expect(messagesOf("  ", [])).toEqual([]);
});
