/** One shape for stored answers of both APIs, with what each needs to be shown in full. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import { type ListPage, nextCursor } from "@/api/queries";
import { type StoredCompletion, type StoredResponse, x } from "@/api/x";
import type { JsonObject } from "@/lib/jsonl";
import { assistantTurn, chatMessages, chatTools, inputMessage } from "@/lib/logs";
import { pairOf, type StoredFilter, timesOf } from "@/lib/storedFilter";

export const LOG_KINDS = ["completions", "responses"] as const;
export type LogKind = (typeof LOG_KINDS)[number];

export interface LogEntry {
  id: string;
  kind: LogKind;
  model: string;
  created: number;
  /** The beginning of what was asked last. */
  question: string;
  answer: string;
  tokens: number | null;
  split: TokenSplit | null;
  /** How long the answer took. */
  seconds: number | null;
  /** Sampling and the like, as they were asked for. */
  parameters: readonly [name: string, value: string | number][];
  metadata: Record<string, string>;
}

export interface TokenSplit {
  prompt: number;
  cached: number;
  answer: number;
  reasoning: number;
}

export interface LogConversation {
  entry: LogEntry;
  messages: JsonObject[];
  tools: JsonObject[];
  /** Everything as it is stored. */
  stored: unknown;
}

interface ResponseUsage {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  input_tokens_details?: { cached_tokens?: number };
  output_tokens_details?: { reasoning_tokens?: number };
}

const PAGE = 20;
const PARAMETERS = [
  "temperature",
  "top_p",
  "max_completion_tokens",
  "max_output_tokens",
  "presence_penalty",
  "frequency_penalty",
  "seed",
] as const;

export const logsQuery = (kind: LogKind, filter: StoredFilter) =>
  infiniteQueryOptions({
    queryKey: ["logs", kind, filter],
    queryFn: ({ pageParam, signal }) => readPage(kind, filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
  });

async function readPage(
  kind: LogKind,
  filter: StoredFilter,
  after: string | undefined,
  signal: AbortSignal,
): Promise<ListPage<LogEntry>> {
  const query = { limit: PAGE, after, ...conditionsOf(filter) };
  if (kind === "completions") {
    const page = await x.completions(query, signal);
    return { data: page.data.map(completionEntry), has_more: page.has_more };
  }
  const page = await x.responses(query, signal);
  return { data: page.data.map(responseEntry), has_more: page.has_more };
}

/** A filter as a query of the server's lists. */
export function conditionsOf(filter: StoredFilter): Record<string, string | number | undefined> {
  const pairs = Object.entries(pairOf(filter.metadata) ?? {}).map(([key, value]) => [`metadata[${key}]`, value] as const);
  return { q: filter.q, model: filter.model, ...timesOf(filter), ...Object.fromEntries(pairs) };
}

function completionEntry(stored: StoredCompletion): LogEntry {
  return {
    id: stored.id,
    kind: "completions",
    model: stored.model,
    created: stored.created,
    question: stored.question ?? "",
    answer: said(stored.choices[0]?.message ?? {}),
    tokens: stored.usage?.total_tokens ?? null,
    split: stored.usage
      ? {
          prompt: stored.usage.prompt_tokens,
          cached: stored.usage.prompt_tokens_details?.cached_tokens ?? 0,
          answer: stored.usage.completion_tokens,
          reasoning: stored.usage.completion_tokens_details?.reasoning_tokens ?? 0,
        }
      : null,
    seconds: stored.seconds ?? null,
    parameters: parametersOf(stored),
    metadata: stored.metadata ?? {},
  };
}

function responseEntry(stored: StoredResponse): LogEntry {
  const usage = stored.usage as ResponseUsage | null | undefined;
  const asked = chatMessages(stored.input as JsonObject[]).findLast((message) => message.role === "user");
  const ended = typeof stored.completed_at === "number" ? stored.completed_at - Number(stored.created_at) : null;
  return {
    id: stored.id,
    kind: "responses",
    model: String(stored.model),
    created: Number(stored.created_at),
    question: said(asked ?? {}),
    answer: said(chatMessages(stored.output as JsonObject[]).at(-1) ?? {}),
    tokens: usage?.total_tokens ?? null,
    split: usage
      ? {
          prompt: usage.input_tokens,
          cached: usage.input_tokens_details?.cached_tokens ?? 0,
          answer: usage.output_tokens,
          reasoning: usage.output_tokens_details?.reasoning_tokens ?? 0,
        }
      : null,
    seconds: ended,
    parameters: parametersOf(stored),
    metadata: (stored.metadata as Record<string, string> | null) ?? {},
  };
}

function parametersOf(stored: object): LogEntry["parameters"] {
  const fields = stored as Record<string, unknown>;
  return PARAMETERS.flatMap((name) => {
    const value = fields[name];
    return typeof value === "number" || typeof value === "string" ? [[name, value] as const] : [];
  });
}

/** What an answer says, or what it calls. */
function said(message: JsonObject): string {
  if (typeof message.content === "string" && message.content !== "") return message.content;
  const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as { function?: { name: string; arguments: string } }[]) : [];
  return calls.map((call) => `${call.function?.name ?? "?"}(${call.function?.arguments ?? ""})`).join("\n");
}

export const conversationQuery = (kind: LogKind, id: string) =>
  queryOptions({
    queryKey: ["logs", kind, "one", id],
    queryFn: () => readConversation(kind, id),
    staleTime: 60_000,
  });

export async function readConversation(kind: LogKind, id: string): Promise<LogConversation> {
  return kind === "completions" ? readCompletion(id) : readResponse(id);
}

async function readCompletion(id: string): Promise<LogConversation> {
  const stored = (await api().chat.completions.retrieve(id)) as unknown as StoredCompletion;
  const messages: JsonObject[] = [];
  for await (const message of api().chat.completions.messages.list(id, { limit: 100 })) {
    messages.push(inputMessage(message as unknown as JsonObject));
  }
  const answer = stored.choices[0]?.message;
  return {
    entry: completionEntry(stored),
    messages: answer ? [...messages, assistantTurn(answer)] : messages,
    tools: chatTools(stored.tools ?? []),
    stored,
  };
}

async function readResponse(id: string): Promise<LogConversation> {
  const stored = (await api().responses.retrieve(id)) as unknown as StoredResponse;
  const items: JsonObject[] = [];
  for await (const item of api().responses.inputItems.list(id, { limit: 100, order: "asc" })) {
    items.push(item as unknown as JsonObject);
  }
  const instructions = typeof stored.instructions === "string" ? [{ role: "system", content: stored.instructions }] : [];
  return {
    entry: responseEntry(stored),
    messages: [...instructions, ...chatMessages(items), ...chatMessages(stored.output as JsonObject[])],
    tools: chatTools(stored.tools as JsonObject[]),
    stored,
  };
}
