/** Conversations in OpenAI's chat format, whoever wrote them: files, logs, evals, the playground. */

import { isObject, type Json, type JsonObject } from "@/lib/jsonl";

export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

export interface Message {
  role: string;
  text: string;
  /** Where each stands: a data URL, another URL, or the ID of a file. */
  images: string[];
  calls: ToolCall[];
  /** The call that a tool's message answers. */
  answers: string | null;
  /** False for turns that a training file excludes by weight 0. */
  isLearned: boolean;
}

/** The messages of a list in which anything may stand; what is no message is left out. */
export function readMessages(value: Json | undefined): Message[] {
  return Array.isArray(value) ? value.filter(isObject).map(readMessage) : [];
}

function readMessage(message: JsonObject): Message {
  return {
    role: asText(message.role) || "?",
    text: readText(message.content) || asText(message.refusal),
    images: readImages(message.content),
    calls: readCalls(message),
    answers: typeof message.tool_call_id === "string" ? message.tool_call_id : null,
    isLearned: message.weight !== 0,
  };
}

function readText(content: Json | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isObject)
    .map((part) => asText(part.text) || asText(part.refusal))
    .filter((text) => text !== "")
    .join("\n");
}

function readImages(content: Json | undefined): string[] {
  if (!Array.isArray(content)) return [];
  return content
    .filter(isObject)
    .map(readImage)
    .filter((address) => address !== "");
}

/** The parts of Chat Completions hold an object, those of Responses a text. */
function readImage(part: JsonObject): string {
  if (isObject(part.image_url)) return asText(part.image_url.url);
  if (isObject(part.image_file)) return asText(part.image_file.file_id);
  return asText(part.image_url) || (part.type === "input_image" ? asText(part.file_id) : "");
}

function readCalls(message: JsonObject): ToolCall[] {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isObject) : [];
  const read = calls.map((call) => readFunction(call.function, asText(call.id)));
  return isObject(message.function_call) ? [...read, readFunction(message.function_call, "")] : read;
}

function readFunction(value: Json | undefined, id: string): ToolCall {
  const called = isObject(value) ? value : {};
  return { id, name: asText(called.name) || "?", arguments: asText(called.arguments) };
}

function asText(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

export interface Example {
  messages: Message[];
  /** Answers of a preference file, which stand beside the conversation. */
  preferred: Message[];
  rejected: Message[];
  toolNames: string[];
}

/** One line of a training file of any method as a conversation, or null when it is none. */
export function readExample(line: JsonObject): Example | null {
  const input = isObject(line.input) ? line.input : line;
  if (typeof line.prompt === "string" && typeof line.completion === "string") {
    const plain = (role: string, text: string): Message => ({
      role, text, images: [], calls: [], answers: null, isLearned: true,
    }); // prettier-ignore
    return {
      messages: [plain("user", line.prompt), plain("assistant", line.completion)],
      preferred: [],
      rejected: [],
      toolNames: [],
    };
  }
  const messages = readMessages(input.messages);
  if (messages.length === 0) return null;
  return {
    messages,
    preferred: readMessages(line.preferred_output ?? line.preferred_completion),
    rejected: readMessages(line.non_preferred_output ?? line.non_preferred_completion),
    toolNames: readToolNames(input.tools ?? input.functions),
  };
}

function readToolNames(tools: Json | undefined): string[] {
  if (!Array.isArray(tools)) return [];
  return tools.filter(isObject).map((tool) => asText(isObject(tool.function) ? tool.function.name : tool.name) || "?");
}
