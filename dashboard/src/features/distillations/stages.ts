/** The three steps of a distillation, and how far each of them is. */

import type { Distillation } from "@/api/x";

export const STAGES = ["collecting", "training", "evaluating"] as const;
export type Stage = (typeof STAGES)[number];
/** A status as jobs and runs have it; null where the step will not be taken any more. */
export type StageStatus = "queued" | "running" | "completed" | "failed" | "cancelled" | null;

export function stagesOf(made: Distillation): readonly { name: Stage; status: StageStatus }[] {
  const reached = reachedBy(made);
  const later = made.finished_at === null ? "queued" : null;
  return STAGES.map((name, at) => ({ name, status: at < reached ? "completed" : at > reached ? later : current(made) }));
}

/** The number of the step that it is at, or at which it ended. */
function reachedBy(made: Distillation): number {
  if (made.status === "succeeded") return STAGES.length;
  const active = STAGES.findIndex((name) => name === made.status);
  if (active >= 0) return active;
  // What was made last says how far it came before it ended.
  if (made.eval_id !== null) return 2;
  return made.job_id === null ? 0 : 1;
}

function current({ status }: Distillation): StageStatus {
  switch (status) {
    case "queued":
    case "failed":
    case "cancelled":
      return status;
    default:
      return "running";
  }
}
