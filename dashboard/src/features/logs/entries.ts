/** One shape for stored answers of both APIs, with what each needs to be shown in full. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import { type ListPage, nextCursor } from "@/api/queries";
import { type StoredResponse, x } from "@/api/x";
import type { JsonObject } from "@/lib/jsonl";
import { answered, asked, chatMessages, chatTools } from "@/lib/logs";

export const LOG_KINDS = ["completions", "responses"] as const;
export type LogKind = (typeof LOG_KINDS)[number];

export interface LogEntry {
  id: string;
  kind: LogKind;
  model: string;
  created: number;
  answer: string;
  tokens: number | null;
  metadata: Record<string, string>;
}

export interface LogConversation {
  entry: LogEntry;
  messages: JsonObject[];
  tools: JsonObject[];
  /** Everything as it is stored. */
  stored: unknown;
}

export interface LogFilter {
  model?: string | undefined;
  /** "key=value" */
  metadata?: string | undefined;
  /** Dates as the browser's own control writes them: 2026-11-25. */
  from?: string | undefined;
  to?: string | undefined;
}

const PAGE = 20;
const DAY_SECONDS = 86_400;

export const logsQuery = (kind: LogKind, filter: LogFilter) =>
  infiniteQueryOptions({
    queryKey: ["logs", kind, filter],
    queryFn: ({ pageParam, signal }) =>
      kind === "completions" ? completions(filter, pageParam, signal) : responses(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
  });

async function completions(filter: LogFilter, after: string | undefined, signal: AbortSignal): Promise<ListPage<LogEntry>> {
  const page = await api().chat.completions.list(
    { limit: PAGE, order: "desc", after, model: filter.model, metadata: pairOf(filter.metadata) },
    { signal },
  );
  return { data: page.data.map((one) => completionEntry(one as unknown as Completion)), has_more: page.has_more };
}

async function responses(filter: LogFilter, after: string | undefined, signal: AbortSignal): Promise<ListPage<LogEntry>> {
  const pairs = Object.entries(pairOf(filter.metadata) ?? {}).map(([key, value]) => [`metadata[${key}]`, value] as const);
  const page = await x.responses(
    {
      limit: PAGE,
      after,
      model: filter.model,
      created_after: secondsOf(filter.from),
      created_before: endOf(filter.to),
      ...Object.fromEntries(pairs),
    },
    signal,
  );
  return { data: page.data.map(responseEntry), has_more: page.has_more };
}

/** The list of completions knows no dates, so what was loaded is filtered here. */
export function isWithin(entry: LogEntry, filter: LogFilter): boolean {
  return entry.created >= (secondsOf(filter.from) ?? 0) && entry.created <= (endOf(filter.to) ?? Infinity);
}

export function pairOf(text: string | undefined): Record<string, string> | undefined {
  const at = text?.indexOf("=") ?? -1;
  if (text === undefined || at < 1) return undefined;
  return { [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
}

function secondsOf(date: string | undefined): number | undefined {
  const time = date === undefined ? NaN : new Date(`${date}T00:00:00`).getTime();
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

function endOf(date: string | undefined): number | undefined {
  const start = secondsOf(date);
  return start === undefined ? undefined : start + DAY_SECONDS;
}

interface Completion {
  id: string;
  model: string;
  created: number;
  choices: { message: JsonObject }[];
  usage?: { total_tokens: number };
  metadata: Record<string, string> | null;
  tools?: JsonObject[] | null;
}

function completionEntry(stored: Completion): LogEntry {
  return {
    id: stored.id,
    kind: "completions",
    model: stored.model,
    created: stored.created,
    answer: said(stored.choices[0]?.message ?? {}),
    tokens: stored.usage?.total_tokens ?? null,
    metadata: stored.metadata ?? {},
  };
}

function responseEntry(stored: StoredResponse): LogEntry {
  const usage = stored.usage as { total_tokens: number } | null | undefined;
  return {
    id: stored.id,
    kind: "responses",
    model: String(stored.model),
    created: Number(stored.created_at),
    answer: said(chatMessages(stored.output as JsonObject[]).at(-1) ?? {}),
    tokens: usage?.total_tokens ?? null,
    metadata: (stored.metadata as Record<string, string> | null) ?? {},
  };
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
  const stored = (await api().chat.completions.retrieve(id)) as unknown as Completion;
  const messages: JsonObject[] = [];
  for await (const message of api().chat.completions.messages.list(id, { limit: 100 })) {
    messages.push(asked(message as unknown as JsonObject));
  }
  const answer = stored.choices[0]?.message;
  return {
    entry: completionEntry(stored),
    messages: answer ? [...messages, answered(answer)] : messages,
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
