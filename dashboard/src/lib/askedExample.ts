/** One line of a training file as models are asked it: system prompt, tools, question, expected answer. */

import { type Example, type Message, readExample } from "@/lib/conversation";
import { isObject, type JsonObject, parseObject } from "@/lib/jsonl";

export interface AskedExample {
  system: string;
  /** JSON, as the settings hold it; empty without tools. */
  tools: string;
  question: string;
  expected: string;
}

/** The first question of a line of any training format, asked as it was taught; null without one. */
export function askedExample(text: string): AskedExample | null {
  const line = parseObject(text);
  const example = line && readExample(line);
  if (line === null || !example) return null;
  const at = example.messages.findIndex((message) => message.role === "user");
  const question = example.messages[at]?.text ?? "";
  if (question === "") return null;
  return {
    system: example.messages
      .slice(0, at)
      .filter((message) => message.role === "system" || message.role === "developer")
      .map((message) => message.text)
      .join("\n\n"),
    tools: toolsOf(isObject(line.input) ? line.input : line),
    question,
    expected: answerTo(example, at),
  };
}

function answerTo({ messages, preferred }: Example, question: number): string {
  const answer = messages.slice(question).find((message) => message.role === "assistant") ?? preferred[0];
  return answer === undefined ? "" : written(answer);
}

/** An answer as one text: what is said, then what is called. */
export function written({ text, calls }: Pick<Message, "text" | "calls">): string {
  return [text, ...calls.map((call) => `${call.name}(${call.arguments})`)].filter((part) => part !== "").join("\n");
}

/** Functions of the form before tools are shown as the tools that they are. */
function toolsOf(line: JsonObject): string {
  if (Array.isArray(line.tools) && line.tools.length > 0) return JSON.stringify(line.tools, null, 2);
  if (!Array.isArray(line.functions) || line.functions.length === 0) return "";
  return JSON.stringify(line.functions.map((one) => ({ type: "function", function: one })), null, 2);
}
