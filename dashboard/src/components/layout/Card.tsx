/** Cards, and the two ways to list facts in them. */

import { clsx } from "clsx";
import type { ReactNode } from "react";
import styles from "./Card.module.css";

export function Card({
  title,
  actions,
  isFlush = false,
  className,
  children,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  /** Without a margin inside, for tables and lists. */
  isFlush?: boolean;
  className?: string;
  children: ReactNode;
}) {
  return (
    <section className={clsx(styles.card, className)}>
      {(title !== undefined || actions !== undefined) && (
        <header className={styles.head}>
          <h2>{title}</h2>
          {actions && <div className={styles.headActions}>{actions}</div>}
        </header>
      )}
      <div className={clsx(styles.body, isFlush && styles.flush)}>{children}</div>
    </section>
  );
}

export type Fact = readonly [label: ReactNode, value: ReactNode];

/** Facts one below the other; those without a value are left out. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={styles.facts}>
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== false)
        .map(([label, value], at) => (
          <FactRow key={at} label={label} value={value} />
        ))}
    </dl>
  );
}

function FactRow({ label, value }: { label: ReactNode; value: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </>
  );
}

/** A few large numbers side by side. */
export function Stats({ stats }: { stats: readonly { label: string; value: ReactNode; note?: ReactNode }[] }) {
  return (
    <dl className={styles.stats}>
      {stats.map(({ label, value, note }) => (
        <div key={label} className={styles.stat}>
          <dt>{label}</dt>
          <dd>
            {value} {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
