/** What the server finds in a project: jobs, files, evals, models and stored answers that hold a text. */

import { queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import { type StoredResponse, x } from "@/api/x";
import { suffixOf } from "@/lib/jobs";
import { chatMessages } from "@/lib/logs";
import type { Target } from "@/lib/tab/targets";
import type { JsonObject } from "@/lib/jsonl";

export const FOUND_KINDS = ["jobs", "models", "files", "evals", "logs"] as const;
export type FoundKind = (typeof FOUND_KINDS)[number];

export interface Found {
  id: string;
  name: string;
  target: Target;
}

const MAX_OF_KIND = 5;

export const foundQuery = (kind: FoundKind, text: string) =>
  queryOptions({
    queryKey: ["palette", kind, text],
    queryFn: ({ signal }) => SEARCHES[kind](text, signal),
    enabled: text !== "",
    staleTime: 10_000,
  });

const SEARCHES: Record<FoundKind, (text: string, signal: AbortSignal) => Promise<Found[]>> = {
  jobs: async (q, signal) => {
    const page = await x.searchJobs({ q, limit: MAX_OF_KIND, after: undefined }, signal);
    return page.data.map((job) => ({
      id: job.id,
      name: suffixOf(job) ?? job.model,
      target: { to: "/fine-tuning/$jobId", params: { jobId: job.id } },
    }));
  },
  files: async (q, signal) => {
    const page = await x.searchFiles({ q, limit: MAX_OF_KIND, after: undefined }, signal);
    return page.data.map(({ id, filename }) => ({ id, name: filename, target: { to: "/files/$fileId", params: { fileId: id } } }));
  },
  evals: async (q, signal) => {
    const page = await x.searchEvals({ q, limit: MAX_OF_KIND }, signal);
    return page.data.map(({ id, name }) => ({ id, name: name || id, target: { to: "/evals/$evalId", params: { evalId: id } } }));
  },
  /** The server's list is always whole. */
  models: async (q, signal) => {
    const { data } = await api().models.list({ signal });
    return data
      .filter(({ id }) => id.toLowerCase().includes(q.toLowerCase()))
      .slice(0, MAX_OF_KIND)
      .map(({ id }) => ({ id, name: id, target: { to: "/models", search: { q: id } } }));
  },
  logs: async (q, signal) => {
    const query = { q, limit: MAX_OF_KIND };
    const [chats, responses] = await Promise.all([x.completions(query, signal), x.responses(query, signal)]);
    const found = [
      ...chats.data.map(({ id, created, question }) => logOf("completions", id, created, question ?? "")),
      ...responses.data.map((one) => logOf("responses", one.id, Number(one.created_at), questionOf(one))),
    ];
    return found.sort((one, other) => other.created - one.created).slice(0, MAX_OF_KIND);
  },
};

function logOf(kind: "completions" | "responses", id: string, created: number, question: string): Found & { created: number } {
  return { id, created, name: question || id, target: { to: "/logs/$kind/$logId", params: { kind, logId: id } } };
}

function questionOf(stored: StoredResponse): string {
  const asked = chatMessages(stored.input as JsonObject[]).findLast((message) => message.role === "user");
  return typeof asked?.content === "string" ? asked.content : "";
}
