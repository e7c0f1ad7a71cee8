/** How many passed, and between which rates the truth lies with 95 % confidence. */

import { useLocaleTag, useMessages } from "@/i18n";
import { percent } from "@/lib/format";
import { wilson } from "@/lib/statistics";
import layout from "@/components/layout/layout.module.css";
import styles from "./RateBar.module.css";

export function RateBar({ passed, total }: { passed: number; total: number }) {
  const words = useMessages().evals;
  const tag = useLocaleTag();
  if (total === 0) return <span className={layout.quiet}>–</span>;
  const { low, high } = wilson(passed, total);
  const text = words.interval(percent(low, tag), percent(high, tag));
  return (
    <div className={styles.row}>
      <div className={styles.bar} role="img" aria-label={`${percent(passed / total, tag)}, ${text}`} title={text}>
        <div className={styles.interval} style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }} />
        <div className={styles.rate} style={{ left: `${(passed / total) * 100}%` }} />
      </div>
      <span>
        {percent(passed / total, tag)} <span className={layout.faint}>{`${passed}/${total}`}</span>
      </span>
    </div>
  );
}
