/** Streams become answers, and conversations become requests. */

import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { expect, test } from "vitest";
import { emptyAnswer, type Entry, addChunk, messagesOf, openCalls } from "@/features/playground/columns";

function chunk(delta: ChatCompletionChunk.Choice.Delta, finish: "stop" | null = null): ChatCompletionChunk {
  const choices = [{ index: 0, delta, finish_reason: finish, logprobs: null }];
  return { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices };
}

const call = (index: number, part: object) => ({ tool_calls: [{ index, ...part }] });

test("text grows, and the time of its first part is measured", () => {
  let answer = addChunk(emptyAnswer(), chunk({ role: "assistant", content: "" }), 10);
  expect(answer.firstMs).toBeNull();
  answer = addChunk(answer, chunk({ content: "Hel" }), 20);
  answer = addChunk(answer, chunk({ content: "lo" }, "stop"), 30);
  expect([answer.text, answer.firstMs, answer.finish]).toEqual(["Hello", 20, "stop"]);
});

test("arguments of several calls grow separately", () => {
  const parts = [
    call(0, { id: "a", function: { name: "f", arguments: "" } }),
    call(0, { function: { arguments: '{"x"' } }),
    call(1, { id: "b", function: { name: "g", arguments: "{}" } }),
    call(0, { function: { arguments: ":1}" } }),
  ];
  const answer = parts.reduce((grown, part) => addChunk(grown, chunk(part), 5), emptyAnswer());
  expect(answer.calls).toEqual([
    { id: "a", name: "f", arguments: '{"x":1}' },
    { id: "b", name: "g", arguments: "{}" },
  ]);
});

test("usage comes in a chunk without choices", () => {
  const last = { ...chunk({}), choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } };
  expect(addChunk(emptyAnswer(), last, 1).usage).toEqual({ prompt: 3, completion: 4 });
});

const asked: Entry[] = [
  { role: "user", text: "weather?" },
  { ...emptyAnswer(), calls: [{ id: "a", name: "f", arguments: "{}" }] },
];

test("a call is open until its result is there", () => {
  expect(openCalls(asked).map((open) => open.id)).toEqual(["a"]);
  expect(openCalls([...asked, { role: "tool", callId: "a", text: "sun" }])).toEqual([]);
});

test("a request carries the system prompt, calls and results, but no answer that failed", () => {
  const entries: Entry[] = [
    ...asked,
    { role: "tool", callId: "a", text: "sun" },
    { ...emptyAnswer(), error: "the server went away" },
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
