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
