/** What a job's status means for those who look at it. */

const LIVE = new Set(["validating_files", "queued", "running"]);
const ENDED = new Set(["succeeded", "failed", "cancelled"]);

export const STATUSES = ["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"] as const;

/** Whether something about it may change by itself. */
export function isLive(status: string): boolean {
  return LIVE.has(status);
}

export function hasEnded(status: string): boolean {
  return ENDED.has(status);
}

/** What its owner called a job's model; null for none. */
export function suffixOf(job: object): string | null {
  const suffix = (job as { user_provided_suffix?: string | null }).user_provided_suffix ?? "";
  return suffix === "" ? null : suffix;
}
