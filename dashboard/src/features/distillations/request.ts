/** What a distillation was asked for; the document leaves it open, and the server checked it. */

import type { Distillation } from "@/api/x";

export interface Asked {
  source: {
    type: "stored_completions" | "responses" | "questions" | "selected";
    metadata?: Record<string, string>;
    model?: string;
    created_after?: number;
    created_before?: number;
    limit?: number;
    file_id?: string;
    instructions?: string;
    ids?: string[];
  };
  teacher?: string;
  method?: { type: "answers" | "probabilities" | "on_policy"; temperature?: number; top_k?: number; mix?: number; max_tokens?: number };
  student: string;
  suffix?: string;
  keep_if?: { grader: { type: string }; at_least: number };
  deduplicate: boolean;
  keep_refusals: boolean;
  redact: boolean;
  validation: number;
  seed: number;
}

export function askedOf(made: Distillation): Asked {
  return made.request as unknown as Asked;
}
