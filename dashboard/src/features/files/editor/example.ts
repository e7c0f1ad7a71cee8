/** One example as lists of messages that can be changed, everything else in it kept as it is. */

import { isObject, type Json, type JsonObject, parseObject } from "@/lib/jsonl";

/** Where a list of messages stands in the line. */
export type ListName = "messages" | "preferred_output" | "non_preferred_output";

export interface MessageList {
  name: ListName;
  messages: JsonObject[];
}

/** The lists of an example, or null for a line that can only be changed as JSON. */
export function listsOf(text: string): MessageList[] | null {
  const line = parseObject(text);
  if (line === null) return null;
  const holder = isObject(line.input) ? line.input : line;
  const lists: MessageList[] = [];
  for (const [name, value] of [
    ["messages", holder.messages],
    ["preferred_output", line.preferred_output],
    ["non_preferred_output", line.non_preferred_output],
  ] as const) {
    if (value === undefined) continue;
    if (!Array.isArray(value) || !value.every(isObject)) return null;
    lists.push({ name, messages: value });
  }
  return lists[0]?.name === "messages" ? lists : null;
}

/** The line with other messages in one of its lists. */
export function withMessages(text: string, name: ListName, messages: readonly JsonObject[]): string {
  const line = parseObject(text) ?? {};
  if (name === "messages" && isObject(line.input)) {
    return JSON.stringify({ ...line, input: { ...line.input, messages: [...messages] } });
  }
  return JSON.stringify({ ...line, [name]: [...messages] });
}

export const replacedAt = <Item>(items: readonly Item[], at: number, item: Item): Item[] =>
  items.map((one, index) => (index === at ? item : one));

/** The text of a message, or null where it holds more than text. */
export function textOf(message: JsonObject): string | null {
  if (typeof message.content === "string") return message.content;
  return message.content === undefined || message.content === null ? "" : null;
}

/** A message that calls tools says nothing where its text is empty, as it was written. */
export function withText(message: JsonObject, text: string): JsonObject {
  if (text === "" && callsOf(message).length > 0) {
    const { content, ...rest } = message;
    return content === undefined ? rest : { ...message, content: content === null ? null : "" };
  }
  return { ...message, content: text };
}

/** Weight 0 leaves an answer out of what is learned; 1 is what a message without weight has. */
export function withWeight(message: JsonObject, isLearned: boolean): JsonObject {
  const rest = Object.fromEntries(Object.entries(message).filter(([key]) => key !== "weight"));
  return isLearned ? rest : { ...rest, weight: 0 };
}

/** What belongs only to answers goes with the role. */
export function withRole(message: JsonObject, role: string): JsonObject {
  const { weight, tool_calls, tool_call_id, ...rest } = message;
  if (role === "assistant") {
    return { ...rest, role, ...(weight !== undefined && { weight }), ...(tool_calls !== undefined && { tool_calls }) };
  }
  if (role === "tool") return { ...rest, role, tool_call_id: tool_call_id ?? "" };
  return { ...rest, role };
}

export interface Call {
  id: string;
  name: string;
  arguments: string;
}

export function callsOf(message: JsonObject): Call[] {
  const calls: Json[] = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  return calls.filter(isObject).map((call) => {
    const called = isObject(call.function) ? call.function : {};
    return { id: asText(call.id), name: asText(called.name), arguments: asText(called.arguments) };
  });
}

export function withCall(message: JsonObject, at: number, part: Partial<Call>): JsonObject {
  const calls: Json[] = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  const { id, ...called } = part;
  return {
    ...message,
    tool_calls: calls.map((call, index) =>
      index !== at || !isObject(call)
        ? call
        : { ...call, ...(id !== undefined && { id }), function: { ...(isObject(call.function) ? call.function : {}), ...called } },
    ),
  };
}

/** Whether the arguments of a call are what a model has to write: a JSON object. */
export const areArguments = (text: string): boolean => parseObject(text) !== null;

/** Why an example is not worth sending yet; null where the server may look at it. */
export function faultOf(text: string): "json" | "arguments" | null {
  if (parseObject(text) === null) return "json";
  const messages = (listsOf(text) ?? []).flatMap((list) => list.messages);
  return messages.flatMap(callsOf).every((call) => areArguments(call.arguments)) ? null : "arguments";
}

/** The question and the answer of a line, for the table. */
export function summaryOf(text: string): { asked: string; answered: string; messages: number } | null {
  const lists = listsOf(text);
  if (lists === null) return null;
  const [first, second] = lists;
  const asked = first?.messages.findLast((message) => message.role === "user");
  const answers = second ?? first;
  const answer = answers?.messages.findLast((message) => message.role === "assistant");
  return {
    asked: asked ? beginning(asked) : "",
    answered: answer ? beginning(answer) : "",
    messages: lists.reduce((sum, list) => sum + list.messages.length, 0),
  };
}

const SHOWN = 200;

function beginning(message: JsonObject): string {
  const parts = Array.isArray(message.content) ? message.content.filter(isObject).map((part) => asText(part.text)) : [];
  const said = textOf(message) ?? parts.join(" ");
  const calls = callsOf(message).map((call) => `${call.name}(${call.arguments.slice(0, SHOWN)})`);
  return [said.slice(0, SHOWN), ...calls].filter((part) => part !== "").join(" ");
}

const asText = (value: Json | undefined): string => (typeof value === "string" ? value : "");
