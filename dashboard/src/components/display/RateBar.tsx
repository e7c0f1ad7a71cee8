/** How many passed, and between which rates the truth lies with 95 % confidence. */

import { useLocaleTag, useMessages } from "@/i18n";
import { count, decimal, percent } from "@/lib/format";
import { type Interval, wilson } from "@/lib/statistics";
import layout from "@/components/layout/layout.module.css";
import styles from "./RateBar.module.css";

export function RateBar({ passed, total, interval }: { passed: number; total: number; interval?: Interval }) {
  const words = useMessages().evals;
  const tag = useLocaleTag();
  if (total === 0) return <span className={layout.quiet}>–</span>;
  const { low, high } = interval ?? wilson(passed, total);
  const shown = Number.isInteger(passed) ? count(passed, tag) : decimal(passed, 1, tag);
  const text = words.interval(percent(low, tag), percent(high, tag));
  return (
    <div className={styles.row}>
      <div className={styles.bar} role="img" aria-label={`${percent(passed / total, tag)}, ${text}`} title={text}>
        <div className={styles.interval} style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }} />
        <div className={styles.rate} style={{ left: `${(passed / total) * 100}%` }} />
      </div>
      <span>
        {percent(passed / total, tag)} <span className={layout.faint}>{`${shown}/${count(total, tag)}`}</span>
      </span>
    </div>
  );
}
