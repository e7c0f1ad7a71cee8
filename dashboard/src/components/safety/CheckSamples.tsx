/** A few answers of a safety check to read, those first that changed. */

import type { CheckSample } from "@/api/x";
import { Mark } from "@/components/display/Status";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import styles from "./CheckSamples.module.css";

export function CheckSamples({ samples }: { samples: readonly CheckSample[] }) {
  const words = useMessages().safety;
  return (
    <details className={styles.samples}>
      <summary>{words.samples(samples.length)}</summary>
      {samples.map((sample) => (
        <div key={sample.id} className={styles.sample}>
          <p className={styles.probe}>
            <span className={layout.faint}>{sample.category}</span> {sample.probe}
          </p>
          <Answer who={words.base} answer={sample.base} />
          <Answer who={words.tuned} answer={sample.tuned} />
        </div>
      ))}
    </details>
  );
}

function Answer({ who, answer }: { who: string; answer: CheckSample["base"] }) {
  const words = useMessages().safety;
  return (
    <div className={styles.answer}>
      <span className={layout.faint}>{who}</span> {answer.declined && <Mark kind="plain">{words.isDeclined}</Mark>}{" "}
      {answer.flagged === true && <Mark kind="bad">{words.isFlagged}</Mark>}
      <pre>{answer.text}</pre>
    </div>
  );
}
