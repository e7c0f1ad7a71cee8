/** One answer of a report card, and who gave it. */

import layout from "@/components/layout/layout.module.css";
import styles from "./ReportCard.module.css";

export function Said({ who, text, isRight }: { who: string; text: string; isRight?: boolean }) {
  return (
    <div className={styles.said} data-right={isRight}>
      <span className={layout.faint}>{who}</span>
      <pre>{text}</pre>
    </div>
  );
}
