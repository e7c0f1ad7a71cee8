/** Empty, loading and failed states, and notices. */

import { clsx } from "clsx";
import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useErrorText } from "@/api/errorText";
import { isConnectionLost, isNotFound } from "@/api/client";
import { useMessages } from "@/i18n";
import { Button } from "@/components/controls/Button";
import styles from "./States.module.css";

export function Empty({
  icon: Icon,
  title,
  isSmall = false,
  children,
  actions,
}: {
  icon?: LucideIcon;
  title: string;
  isSmall?: boolean;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={clsx(styles.state, isSmall && styles.small)}>
      {Icon && (
        <div className={styles.mark}>
          <Icon size={20} aria-hidden />
        </div>
      )}
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

const WIDTHS = ["62%", "88%", "74%", "91%", "55%", "80%"];

export function Loading({ lines = 4 }: { lines?: number }) {
  const common = useMessages().common;
  return (
    <div className={styles.bars} role="status" aria-label={common.loading}>
      {WIDTHS.slice(0, lines).map((width) => (
        <div key={width} className={styles.bar} style={{ width }} />
      ))}
    </div>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const common = useMessages().common;
  const title = isNotFound(error) ? common.notFoundTitle : common.failed;
  const message = useWords(error);
  return (
    <div className={styles.state} role="alert">
      <div className={styles.mark}>
        <CircleAlert size={20} aria-hidden />
      </div>
      <h2>{title}</h2>
      <p>{message}</p>
      {onRetry && !isNotFound(error) && (
        <div className={styles.actions}>
          <Button onClick={onRetry}>{common.tryAgain}</Button>
        </div>
      )}
    </div>
  );
}

const ICONS = { error: CircleAlert, warning: TriangleAlert, good: CircleCheck, info: Info };

export function Notice({ kind, children }: { kind: keyof typeof ICONS; children: ReactNode }) {
  const Icon = ICONS[kind];
  return (
    <div className={clsx(styles.notice, styles[kind])} role={kind === "error" ? "alert" : undefined}>
      <Icon size={16} aria-hidden />
      <div>{children}</div>
    </div>
  );
}

/** The error of a mutation; nothing without one. */
export function Problem({ error }: { error: unknown }) {
  const message = useWords(error);
  return error ? <Notice kind="error">{message}</Notice> : null;
}

/** What the server says; that it says nothing is said here. */
function useWords(error: unknown): string {
  const common = useMessages().common;
  const textOf = useErrorText();
  return isConnectionLost(error) ? common.serverAway : textOf(error);
}
