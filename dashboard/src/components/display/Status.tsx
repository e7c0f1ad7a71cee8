/** The state of a job or a run, by colour and by word; and small labels. */

import { clsx } from "clsx";
import type { ReactNode } from "react";
import { useMessages } from "@/i18n";
import styles from "./Status.module.css";

const LOOKS: Record<string, string | undefined> = {
  succeeded: styles.good,
  completed: styles.good,
  failed: styles.bad,
  running: styles.busy,
  in_progress: styles.busy,
  validating_files: styles.busy,
  collecting: styles.busy,
  training: styles.busy,
  evaluating: styles.busy,
  validating: styles.busy,
  finalizing: styles.busy,
  cancelling: styles.busy,
  expired: styles.bad,
  queued: styles.waiting,
  paused: styles.waiting,
};

export function Status({ status }: { status: string }) {
  const words: Record<string, string> = useMessages().common.statuses;
  return <span className={clsx(styles.status, LOOKS[status])}>{words[status] ?? status}</span>;
}

export function Mark({ kind, children }: { kind: "good" | "bad" | "waiting" | "plain"; children: ReactNode }) {
  return <span className={clsx(styles.status, kind !== "plain" && styles[kind])}>{children}</span>;
}

export function Tag({ children }: { children: ReactNode }) {
  return <span className={styles.tag}>{children}</span>;
}
