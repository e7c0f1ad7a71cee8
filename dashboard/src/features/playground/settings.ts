/** The sampling settings of the playground, as typed and as sent. */

import type { ChatCompletionCreateParamsBase, ChatCompletionTool } from "openai/resources/chat/completions";
import { isObject, parseObject } from "@/lib/jsonl";

export interface Settings {
  system: string;
  temperature: string;
  topP: string;
  maxTokens: string;
  seed: string;
  tools: string;
  schema: string;
  showsProbabilities: boolean;
}

export const DEFAULTS: Settings = {
  system: "",
  temperature: "0",
  topP: "",
  maxTokens: "256",
  seed: "",
  tools: "",
  schema: "",
  showsProbabilities: true,
};

export const EXAMPLE_TOOLS = JSON.stringify(
  [
    {
      type: "function",
      function: {
        name: "get_current_weather",
        description: "Get the current weather",
        parameters: {
          type: "object",
          properties: {
            location: { type: "string", description: "The city and country, eg. San Francisco, USA" },
            format: { type: "string", enum: ["celsius", "fahrenheit"] },
          },
          required: ["location", "format"],
        },
      },
    },
  ],
  null,
  2,
);

export function readTools(text: string): ChatCompletionTool[] | null {
  if (text.trim() === "") return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every(isObject) ? (value as unknown as ChatCompletionTool[]) : null;
  } catch {
    return null;
  }
}

export function isSchemaGood(text: string): boolean {
  return text.trim() === "" || parseObject(text) !== null;
}

type Sampling = Omit<ChatCompletionCreateParamsBase, "messages" | "model">;

/** The part of a request that the settings make; what is empty is left to the server. */
export function samplingOf(settings: Settings): Sampling {
  const tools = readTools(settings.tools) ?? [];
  const schema = parseObject(settings.schema);
  return {
    ...numeric("temperature", settings.temperature),
    ...numeric("top_p", settings.topP),
    ...numeric("max_completion_tokens", settings.maxTokens),
    ...numeric("seed", settings.seed),
    ...(tools.length > 0 && { tools }),
    ...(schema !== null && {
      response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
    }),
  };
}

function numeric(name: string, text: string): Record<string, number> {
  const value = Number(text.trim());
  return text.trim() === "" || !Number.isFinite(value) ? {} : { [name]: value };
}
