/** Stored completions of both APIs as conversations, and as lines of a training file. */

import { type Message, readMessages } from "@/lib/conversation";
import { isObject, type Json, type JsonObject } from "@/lib/jsonl";

/** What the server has a compacted conversation begin with (`answering/responses/conversation.py`). */
export const ASKED_FOR_SUMMARY =
  "Summarize our conversation so far, for yourself: you will continue it with this summary and " +
  "without its text. Keep every fact, name, number, decision, result and open task.";

/** The messages of a conversation in the Responses API's items, as chat messages. */
export function chatMessages(items: Json | undefined): JsonObject[] {
  if (typeof items === "string") return [{ role: "user", content: items }];
  if (!Array.isArray(items)) return [];
  return items.filter(isObject).reduce<JsonObject[]>((messages, item) => [...messages.slice(0, -1), ...joined(messages.at(-1), item)], []);
}

/** Calls are items of their own there, and belong to one message here. */
function joined(last: JsonObject | undefined, item: JsonObject): JsonObject[] {
  const before = last === undefined ? [] : [last];
  switch (item.type ?? "message") {
    case "message":
      return [...before, { role: item.role ?? "user", content: chatContent(item.content) }];
    case "function_call": {
      const call = {
        id: item.call_id ?? "",
        type: "function",
        function: { name: item.name ?? "", arguments: item.arguments ?? "" },
      };
      const calls = last?.role === "assistant" && Array.isArray(last.tool_calls) ? last.tool_calls : null;
      if (last !== undefined && calls !== null) return [{ ...last, tool_calls: [...calls, call] }];
      return [...before, { role: "assistant", content: null, tool_calls: [call] }];
    }
    case "function_call_output":
      return [...before, { role: "tool", tool_call_id: item.call_id ?? "", content: plainText(item.output) }];
    case "compaction":
      // As the model read it. A summary is no answer to anybody, so it is not learned.
      return [
        ...before,
        { role: "user", content: ASKED_FOR_SUMMARY },
        { role: "assistant", content: item.content ?? "", weight: 0 },
      ];
    default:
      // A training file has no form for reasoning items and references.
      return before;
  }
}

/** Parts where the message shows images; otherwise a text. */
function chatContent(content: Json | undefined): Json {
  if (!Array.isArray(content)) return plainText(content);
  const parts = content.filter(isObject);
  if (!parts.some((part) => part.type === "input_image")) return plainText(content);
  return parts.map((part): JsonObject => {
    if (part.type !== "input_image") return { type: "text", text: part.text ?? "" };
    const detail = part.detail ?? "auto";
    return typeof part.image_url === "string"
      ? { type: "image_url", image_url: { url: part.image_url, detail } }
      : { type: "image_file", image_file: { file_id: part.file_id ?? "", detail } };
  });
}

function plainText(content: Json | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isObject)
    .map((part) => (typeof part.text === "string" ? part.text : ""))
    .join("");
}

/** A message of a request without the fields that only the log adds. */
export function inputMessage(stored: JsonObject): JsonObject {
  const fields = ["role", "content", "name", "tool_calls", "tool_call_id"];
  const message = Object.fromEntries(Object.entries(stored).filter(([key, value]) => fields.includes(key) && value !== null || key === "content"));
  const parts = stored.content_parts;
  const hasImages = Array.isArray(parts) && parts.some((part) => isObject(part) && part.type === "image_url");
  return hasImages ? { ...message, content: parts } : message;
}

/** The message of a completion as the last turn of a training example. */
export function assistantTurn(message: JsonObject): JsonObject {
  const turn: JsonObject = { role: "assistant", content: message.content ?? null };
  const calls = message.tool_calls;
  return Array.isArray(calls) && calls.length > 0 ? { ...turn, tool_calls: calls } : turn;
}

/** Tools of the Responses API are flat, those of a training file are not. */
export function chatTools(tools: Json | undefined): JsonObject[] {
  if (!Array.isArray(tools)) return [];
  return tools.filter(isObject).map((tool) => {
    if (isObject(tool.function)) return tool;
    const { name, description, parameters } = tool;
    return {
      type: "function",
      function: { name: name ?? "", ...(description != null && { description }), ...(parameters != null && { parameters }) },
    };
  });
}

export function trainingLine(messages: JsonObject[], tools: JsonObject[]): JsonObject {
  return { messages, ...(tools.length > 0 && { tools }) };
}

export function shownMessages(messages: JsonObject[]): Message[] {
  return readMessages(messages);
}
