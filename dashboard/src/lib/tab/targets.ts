/** Where an id leads that somebody has at hand: from a log, an e-mail or a program's output. */

export type Target =
  | { to: "/fine-tuning/$jobId"; params: { jobId: string } }
  | { to: "/files/$fileId"; params: { fileId: string } }
  | { to: "/evals/$evalId"; params: { evalId: string } }
  | { to: "/batches/$batchId"; params: { batchId: string } }
  | { to: "/distillations/$distillationId"; params: { distillationId: string } }
  | { to: "/webhooks/$endpointId"; params: { endpointId: string } }
  | { to: "/logs/$kind/$logId"; params: { kind: "completions" | "responses"; logId: string } }
  | { to: "/models"; search: { q: string } };

const FORMS: readonly [form: RegExp, target: (id: string) => Target][] = [
  [/^ftjob-\w+$/, (jobId) => ({ to: "/fine-tuning/$jobId", params: { jobId } })],
  [/^file-\w+$/, (fileId) => ({ to: "/files/$fileId", params: { fileId } })],
  [/^eval_\w+$/, (evalId) => ({ to: "/evals/$evalId", params: { evalId } })],
  [/^batch_\w+$/, (batchId) => ({ to: "/batches/$batchId", params: { batchId } })],
  [/^distil-\w+$/, (distillationId) => ({ to: "/distillations/$distillationId", params: { distillationId } })],
  [/^we_\w+$/, (endpointId) => ({ to: "/webhooks/$endpointId", params: { endpointId } })],
  [/^chatcmpl-\w+$/, (logId) => ({ to: "/logs/$kind/$logId", params: { kind: "completions", logId } })],
  [/^resp_\w+$/, (logId) => ({ to: "/logs/$kind/$logId", params: { kind: "responses", logId } })],
  [/^ft:[^:\s]+:[^:\s]*:[^:\s]*:[^\s]+$/, (q) => ({ to: "/models", search: { q } })],
];
/** The random part of an id is 24 characters and more; a model's is eight. */
const MIN_LENGTH = 24;

/** The page of a whole id; null for anything else. */
export function targetOf(text: string): Target | null {
  const id = text.trim();
  if (!id.startsWith("ft:") && id.length < MIN_LENGTH) return null;
  return FORMS.find(([form]) => form.test(id))?.[1](id) ?? null;
}
