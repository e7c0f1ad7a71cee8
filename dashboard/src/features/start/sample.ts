/** The sample task: messages to a support desk, each with the code of the queue that it belongs to. */

import { type Uploadable } from "openai";
import type { EvalCreateParams } from "openai/resources/evals/evals";
import type { RunCreateParams } from "openai/resources/evals/runs/runs";
import { shuffled } from "./shuffled";

/** What marks the objects of the sample task, as their metadata say it. */
export const MARK = { sample: "tickets" } as const;

export const FILE_NAMES = { training: "sample-tickets.jsonl", validation: "sample-tickets-validation.jsonl" } as const;

/** The built-in models, the one that learns best first. */
export const BASES = ["understudy-mini", "understudy-nano"] as const;

const QUEUES = {
  "Q-COIN": ["invoice", "refund", "price", "payment", "discount"],
  "Q-BOX": ["parcel", "delivery", "courier", "shipment", "address"],
  "Q-WIRE": ["screen", "battery", "cable", "keyboard", "printer"],
} as const;

const SENTENCES = [
  "I have a question about my {}.",
  "Something is wrong with the {}.",
  "Please help me with my {}.",
  "The {} is not what I ordered.",
  "Can somebody look at the {}?",
  "Where can I read more about the {}?",
] as const;

const LEARNED = 60;
const VALIDATED = 10;

export interface Ticket {
  ticket: string;
  queue: string;
}

/** The messages to learn from, to validate with, and to evaluate on: none is in two of them. */
export function tickets(): { training: Ticket[]; validation: Ticket[]; held: Ticket[] } {
  const all = Object.entries(QUEUES).flatMap(([queue, words]) =>
    words.flatMap((word) => SENTENCES.map((sentence) => ({ ticket: sentence.replace("{}", word), queue }))),
  );
  const mixed = shuffled(all);
  return {
    training: mixed.slice(0, LEARNED),
    validation: mixed.slice(LEARNED, LEARNED + VALIDATED),
    held: mixed.slice(LEARNED + VALIDATED),
  };
}

/** The lines of a training file. */
export function lines(rows: readonly Ticket[]): string {
  return rows
    .map(({ ticket, queue }) =>
      JSON.stringify({
        messages: [
          { role: "user", content: ticket },
          { role: "assistant", content: queue },
        ],
      }),
    )
    .join("\n");
}

export function file(name: string, rows: readonly Ticket[]): Uploadable {
  return new File([lines(rows)], name, { type: "application/jsonl" });
}

/** The eval: an answer is right when it is the code of the queue and nothing else. */
export function evalRequest(name: string): EvalCreateParams {
  return {
    name,
    metadata: MARK,
    data_source_config: {
      type: "custom",
      item_schema: {
        type: "object",
        properties: { ticket: { type: "string" }, queue: { type: "string" } },
        required: ["ticket", "queue"],
      },
      include_sample_schema: true,
    },
    testing_criteria: [
      {
        type: "string_check",
        name: "right queue",
        input: "{{ sample.output_text }}",
        reference: "{{ item.queue }}",
        operation: "eq",
      },
    ],
  };
}

/** A run that asks a model about the messages that nothing was learned from. */
export function runRequest(model: string): RunCreateParams {
  return {
    name: model,
    data_source: {
      type: "completions",
      model,
      source: { type: "file_content", content: tickets().held.map((item) => ({ item: { ...item } })) },
      input_messages: { type: "template", template: [{ role: "user", content: "{{ item.ticket }}" }] },
      sampling_params: { temperature: 0, max_completion_tokens: 20 },
    },
  };
}
