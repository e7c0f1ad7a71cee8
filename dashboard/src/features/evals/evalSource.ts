/** The file that an eval is made of, read and understood; and the eval with its rows and runs. */

import { queryOptions } from "@tanstack/react-query";
import type { ChatCompletionFunctionTool } from "openai/resources/chat/completions";
import { api } from "@/api/client";
import { type AnswerKind, type Proposal, propose } from "./proposal";
import { NEW_RUN, type RunRequest, runRequest } from "./runRequest";

export interface SourceWish {
  file?: string | undefined;
  /** The job whose held-out file, or else training file, is meant, and whose models are compared. */
  job?: string | undefined;
}

export interface EvalSource {
  fileName: string;
  /** Of the job, base and tuned; empty without one. */
  models: readonly string[];
  /** Whether a model was trained on these rows. */
  isSeen: boolean;
  proposal: Proposal & { kind: AnswerKind };
}

/** Larger ones are for the API: this page holds the whole file. */
const MAX_BYTES = 20_000_000;

export class UnusableFileError extends Error {}

/** Raises UnusableFileError with one of `words`. */
export const sourceQuery = (wish: SourceWish, words: { tooLarge: string; nothing: string }) =>
  queryOptions({
    queryKey: ["evals", "source", wish.file ?? null, wish.job ?? null],
    queryFn: async ({ signal }): Promise<EvalSource> => {
      const job = wish.job === undefined ? null : await api().fineTuning.jobs.retrieve(wish.job, { signal });
      const id = wish.file ?? job?.validation_file ?? job?.training_file ?? "";
      const file = await api().files.retrieve(id, { signal });
      if (file.bytes > MAX_BYTES) throw new UnusableFileError(words.tooLarge);
      const text = await (await api().files.content(id, { signal })).text();
      const proposal = propose(text.split("\n"));
      if (proposal === null) throw new UnusableFileError(words.nothing);
      const models = job?.fine_tuned_model == null ? [] : [job.model, job.fine_tuned_model];
      return { fileName: file.filename, models, isSeen: job !== null && job.validation_file === null, proposal };
    },
    staleTime: Infinity,
    retry: false,
  });

/** Stores the rows and asks each model; `fields` are the names of the form, in the order of the proposal's. */
export async function startRuns(
  evalId: string,
  source: EvalSource,
  models: readonly string[],
  fields: readonly string[],
): Promise<void> {
  const lines = source.proposal.rows.map(({ item }) => `${JSON.stringify({ item: renamed(item, fields) })}\n`);
  const rows = new File(lines, `${source.fileName.replace(/\.jsonl$/, "")}.eval.jsonl`, { type: "application/jsonl" });
  const stored = await api().files.create({ file: rows, purpose: "evals" });
  await Promise.all(models.map((model) => api().evals.runs.create(evalId, runOf(source, stored.id, model, fields))));
}

function renamed(item: Record<string, string>, fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(item).map(([name, value], at) => [fields[at] ?? name, value]));
}

function runOf({ proposal }: EvalSource, file: string, model: string, fields: readonly string[]): RunRequest {
  const request = runRequest({
    ...NEW_RUN,
    model,
    source: "file",
    file,
    user: `{{ item.${fields[0] ?? "question"} }}`,
    system: proposal.hasSystem ? `{{ item.${fields[2] ?? "system"} }}` : "",
  });
  const { data_source: data } = request;
  if (data.type !== "completions" || proposal.tools.length === 0) return request;
  const tools = proposal.tools as ChatCompletionFunctionTool[];
  return { ...request, data_source: { ...data, sampling_params: { ...data.sampling_params, tools } } };
}
