/** A run as it stands in the form, and the request that it becomes. */

import type { RunCreateParams } from "openai/resources/evals/runs/runs";
import { parseObject } from "@/lib/jsonl";

export interface RunDraft {
  name: string;
  /** Empty grades the data as they are, without asking a model. */
  model: string;
  system: string;
  user: string;
  source: "rows" | "file";
  rows: string;
  file: string;
  temperature: string;
  maxTokens: string;
  /** How often each row is asked. */
  repeats: string;
}

export const NEW_RUN: RunDraft = {
  name: "",
  model: "",
  system: "",
  user: "{{ item.question }}",
  source: "rows",
  rows: "",
  file: "",
  temperature: "0",
  maxTokens: "256",
  repeats: "1",
};

interface Row {
  item: Record<string, unknown>;
  sample?: Record<string, unknown>;
}

/** One JSON object a line, with or without an `item` around it; null when a line is none. */
export function readRows(text: string): Row[] | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const rows = lines.map(parseObject);
  if (rows.some((row) => row === null)) return null;
  return rows.flatMap((row) => {
    if (row === null) return [];
    return "item" in row && typeof row.item === "object" ? [row as unknown as Row] : [{ item: row }];
  });
}

/** The official parameters and our own: how often each row is asked. */
export type RunRequest = RunCreateParams & { repeats?: number };

export function runRequest(draft: RunDraft): RunRequest {
  const source =
    draft.source === "file"
      ? ({ type: "file_id", id: draft.file } as const)
      : ({ type: "file_content", content: readRows(draft.rows) ?? [] } as const);
  const name = draft.name.trim() || draft.model;
  const named = name === "" ? {} : { name };
  if (draft.model === "") return { ...named, data_source: { type: "jsonl", source } };
  const template = [
    ...(draft.system.trim() === "" ? [] : [{ role: "system" as const, content: draft.system }]),
    { role: "user" as const, content: draft.user },
  ];
  const repeats = Number(draft.repeats.trim() || "1");
  return {
    ...named,
    ...(repeats !== 1 && { repeats }),
    data_source: {
      type: "completions",
      model: draft.model,
      source,
      input_messages: { type: "template", template },
      sampling_params: {
        ...(draft.temperature.trim() !== "" && { temperature: Number(draft.temperature) }),
        ...(draft.maxTokens.trim() !== "" && { max_completion_tokens: Number(draft.maxTokens) }),
      },
    },
  };
}
