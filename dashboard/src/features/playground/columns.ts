/** The conversations of the playground: one for each model, with the same user messages. */

import type {
  ChatCompletionChunk,
  ChatCompletionMessageParam,
  ChatCompletionTokenLogprob,
  ChatCompletionUserMessageParam,
} from "openai/resources/chat/completions";
import type { ToolCall } from "@/lib/conversation";

export interface Answer {
  role: "assistant";
  text: string;
  calls: ToolCall[];
  tokens: ChatCompletionTokenLogprob[];
  finish: string | null;
  usage: { prompt: number; completion: number } | null;
  /** Until the first token, and until the end. */
  firstMs: number | null;
  totalMs: number | null;
  error: string | null;
}

export interface Question {
  role: "user";
  text: string;
  /** Data URLs. */
  images?: readonly string[];
}

export type Entry = Question | { role: "tool"; callId: string; text: string } | Answer;

export interface Column {
  model: string;
  entries: Entry[];
  isRunning: boolean;
}

export function emptyAnswer(): Answer {
  return {
    role: "assistant",
    text: "",
    calls: [],
    tokens: [],
    finish: null,
    usage: null,
    firstMs: null,
    totalMs: null,
    error: null,
  };
}

/** The answer with the next chunk of the stream added. */
export function addChunk(answer: Answer, chunk: ChatCompletionChunk, elapsedMs: number): Answer {
  const choice = chunk.choices[0];
  const usage = chunk.usage ? { prompt: chunk.usage.prompt_tokens, completion: chunk.usage.completion_tokens } : answer.usage;
  if (choice === undefined) return { ...answer, usage };
  const { delta } = choice;
  const brings = Boolean(delta.content) || (delta.tool_calls?.length ?? 0) > 0;
  return {
    ...answer,
    text: answer.text + (delta.content ?? delta.refusal ?? ""),
    calls: (delta.tool_calls ?? []).reduce(addCallChunk, answer.calls),
    tokens: choice.logprobs?.content ? [...answer.tokens, ...choice.logprobs.content] : answer.tokens,
    finish: choice.finish_reason ?? answer.finish,
    usage,
    firstMs: answer.firstMs ?? (brings ? elapsedMs : null),
  };
}

function addCallChunk(calls: ToolCall[], delta: ChatCompletionChunk.Choice.Delta.ToolCall): ToolCall[] {
  const before = calls[delta.index] ?? { id: "", name: "", arguments: "" };
  const after = {
    id: delta.id ?? before.id,
    name: before.name + (delta.function?.name ?? ""),
    arguments: before.arguments + (delta.function?.arguments ?? ""),
  };
  return delta.index < calls.length ? calls.with(delta.index, after) : [...calls, after];
}

/** A model that is added later gets the user's messages, not another model's answers. */
export function sharedTurns(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry) => entry.role === "user");
}

/** Whether the last user message has no answer yet. */
export function isUnanswered(entries: readonly Entry[]): boolean {
  return entries.at(-1)?.role === "user";
}

/** Tool calls of the last answer that have no result yet. */
export function openCalls(entries: readonly Entry[]): ToolCall[] {
  const at = entries.findLastIndex((entry) => entry.role === "assistant");
  const last = entries[at];
  if (last?.role !== "assistant") return [];
  const answered = new Set(entries.slice(at).flatMap((entry) => (entry.role === "tool" ? [entry.callId] : [])));
  return last.calls.filter((call) => !answered.has(call.id));
}

/** The conversation as a request carries it; answers that failed are left out. */
export function messagesOf(system: string, entries: readonly Entry[]): ChatCompletionMessageParam[] {
  const turns = entries.flatMap((entry): ChatCompletionMessageParam[] => {
    switch (entry.role) {
      case "user":
        return [{ role: "user", content: contentOf(entry) }];
      case "tool":
        return [{ role: "tool", tool_call_id: entry.callId, content: entry.text }];
      case "assistant":
        return entry.error === null ? [answerMessage(entry)] : [];
    }
  });
  return system.trim() === "" ? turns : [{ role: "system", content: system }, ...turns];
}

function contentOf({ text, images = [] }: Question): ChatCompletionUserMessageParam["content"] {
  if (images.length === 0) return text;
  const shown = images.map((url) => ({ type: "image_url" as const, image_url: { url } }));
  return text === "" ? shown : [...shown, { type: "text", text }];
}

function answerMessage(answer: Answer): ChatCompletionMessageParam {
  if (answer.calls.length === 0) return { role: "assistant", content: answer.text };
  return {
    role: "assistant",
    content: answer.text === "" ? null : answer.text,
    tool_calls: answer.calls.map((call) => ({
      id: call.id,
      type: "function",
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}
