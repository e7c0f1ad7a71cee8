/** Small pure things: reading, writing, smoothing, code that does the same. */

import { expect, test } from "vitest";
import { type Draft, draftOf, EMPTY, requestOf, splitOf } from "@/features/newJob/draft";
import { readExample, readMessages } from "@/lib/conversation";
import { decodeResult } from "@/lib/encoding";
import { ago, bytes, duration, shortModel } from "@/lib/format";
import { appendLine, parseObject, pretty } from "@/lib/jsonl";
import { chatGroups, firstChoice, groupModels } from "@/lib/models";
import { smooth } from "@/lib/smoothing";
import { chatCode, curl, javascript, python } from "@/lib/snippets";

test("smoothing keeps a level line level from its first value on", () => {
  expect(smooth([2, 2, 2], 0.9).map((value) => value?.toFixed(6))).toEqual(["2.000000", "2.000000", "2.000000"]);
});

test("smoothing by nothing changes nothing, and gaps stay gaps", () => {
  expect(smooth([3, null, 1], 0)).toEqual([3, null, 1]);
});

test("the newest tuned model is the first choice, and checkpoints are told apart", () => {
  const models = [
    { id: "base", created: 0 },
    { id: "ft:base:me:a:11111111", created: 5 },
    { id: "ft:base:me:b:22222222", created: 9 },
    { id: "ft:base:me:b:33333333:ckpt-step-7", created: 10 },
  ];
  expect(firstChoice(models)).toBe("ft:base:me:b:22222222");
  expect(groupModels(models, "").map((group) => group.kind)).toEqual(["bases", "tuned", "checkpoints"]);
  expect(groupModels(models, "CKPT").map((group) => group.kind)).toEqual(["checkpoints"]);
});

test("a line is read as a conversation, whatever its form", () => {
  const chat = readExample({ messages: [{ role: "assistant", content: [{ type: "text", text: "hi" }], weight: 0 }] });
  expect(chat?.messages[0]).toMatchObject({ role: "assistant", text: "hi", isLearned: false });
  expect(readExample({ prompt: "2+2=", completion: "4" })?.messages.map((message) => message.text)).toEqual(["2+2=", "4"]);
  const pair = readExample({
    input: { messages: [{ role: "user", content: "?" }] },
    preferred_output: [{ role: "assistant", content: "yes" }],
    non_preferred_output: [{ role: "assistant", content: "no" }],
  });
  expect([pair?.preferred[0]?.text, pair?.rejected[0]?.text]).toEqual(["yes", "no"]);
  expect(readExample({ item: 1 })).toBeNull();
});

test("what is no message does no harm", () => {
  expect(readMessages([1, null, "x", { role: 7, content: 3 }])).toMatchObject([{ role: "?", text: "" }]);
  expect(readMessages("messages")).toEqual([]);
});

test("lines are appended whole, and objects are told from everything else", () => {
  expect(appendLine('{"a":1}', { b: "ü\n" })).toBe('{"a":1}\n{"b":"ü\\n"}\n');
  expect([parseObject("[]"), parseObject("{"), parseObject('{"a":1}')]).toEqual([null, null, { a: 1 }]);
  expect([pretty('{"a":1}'), pretty("no json")]).toEqual(['{\n  "a": 1\n}', "no json"]);
});

test("a job's table is read in both encodings", () => {
  const table = "step,train_loss\n1,0.5\n";
  expect(decodeResult(btoa(table))).toBe(table);
  expect(decodeResult(table)).toBe(table);
});

test("sizes and times as people write them", () => {
  expect([bytes(999, "en"), bytes(1500, "en"), bytes(271e9, "en")]).toEqual(["999 B", "1.5 kB", "271 GB"]);
  expect([0, 59.6, 125, 7200, 7325].map((seconds) => duration(seconds, "en"))).toEqual(["0 sec", "1 min", "2 min 5 sec", "2 hr", "2 hr 2 min"]);
  expect(duration(125, "zh-CN")).toBe("2分钟 5秒");
  expect(ago(1000, 1180, "en")).toBe("3 minutes ago");
  expect(shortModel(`ft:${"x".repeat(60)}:Ab`)).toHaveLength(40);
});

test("code is written in the words of each language", () => {
  expect(python({ a: null, b: [true], c: "it's" })).toBe('{\n    "a": None,\n    "b": [\n        True,\n    ],\n    "c": "it\'s",\n}');
  expect(javascript({ model: "m", "odd-key": 1 })).toBe('{\n  model: "m",\n  "odd-key": 1\n}');
  expect(curl("POST", "http://h/v1/x", { text: "it's" })).toContain(`-d '{\n  "text": "it'\\''s"\n}'`);
  expect(chatCode({ model: "m" }, "http://h").python).toContain('base_url="http://h/v1"');
});

test("an empty field is left to the server, and nonsense is the server's to refuse", () => {
  const draft = { ...EMPTY, model: "base", training: "file-1", epochs: "3", batchSize: "many", metadata: [["", "x"]] as const };
  expect(requestOf(draft)).toEqual({
    model: "base",
    training_file: "file-1",
    method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 3, batch_size: "many" } } },
  });
  expect(requestOf({ ...draft, training: null })).toBeNull();
  expect(requestOf({ ...draft, method: "reinforcement", grader: "{" })).toBeNull();
});

test("a job becomes a draft that asks for the same", () => {
  const job = {
    model: "base",
    training_file: "file-1",
    validation_file: null,
    seed: 7,
    hyperparameters: { n_epochs: 2, batch_size: "auto", learning_rate_multiplier: 1.5 },
    user_provided_suffix: "mine",
    metadata: { a: "b" },
  } as unknown as Parameters<typeof draftOf>[0];
  expect(requestOf(draftOf(job))).toMatchObject({
    seed: 7,
    suffix: "mine",
    metadata: { a: "b" },
    method: { supervised: { hyperparameters: { n_epochs: 2, learning_rate_multiplier: 1.5 } } },
  });
});

test("a training file is divided only when that is chosen and the share makes sense", () => {
  const draft: Draft = { ...EMPTY, holdOut: "split", model: "m", training: "file-1", validation: "file-2", percent: " 12.5 ", seed: "7" };
  expect(splitOf(draft)).toEqual({ fraction: 0.125, method: "supervised", seed: 7 });
  expect(requestOf(draft)).not.toHaveProperty("validation_file");
  for (const percent of ["", "0", "100", "ten"]) expect(splitOf({ ...draft, percent })).toBeNull();
  expect(splitOf({ ...draft, holdOut: "file" })).toBeNull();
  expect(requestOf({ ...draft, holdOut: "file" })).toHaveProperty("validation_file", "file-2");
});

test("models of other servers and embedding models are groups of their own", () => {
  const models = [
    { id: "understudy-mini", created: 1, owned_by: "system" },
    { id: "gpt-4.1", created: 1, owned_by: "openai" },
    { id: "all-minilm-l6-v2", created: 1, owned_by: "system", task: "embedding" },
  ];
  expect(groupModels(models, "").map((group) => group.kind)).toEqual(["bases", "remote", "embedding"]);
  expect(chatGroups(models, "").map((group) => group.kind)).toEqual(["bases", "remote"]);
});
