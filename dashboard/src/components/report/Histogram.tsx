/** How long the examples are, as a small picture. */

import type { components } from "@/api/schema";
import layout from "@/components/layout/layout.module.css";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import styles from "./Histogram.module.css";

export function Histogram({ lengths }: { lengths: components["schemas"]["Lengths"] }) {
  const words = useMessages().files.report;
  const tag = useLocaleTag();
  const highest = Math.max(1, ...lengths.histogram.map((bucket) => bucket.examples));
  if (lengths.histogram.length < 2) return null;
  return (
    <section className={layout.tight}>
      <h3>{words.lengths}</h3>
      <div
        className={styles.bars}
        role="img"
        aria-label={words.lengthsInWords(count(lengths.min, tag), count(lengths.median, tag), count(lengths.max, tag))}
      >
        {lengths.histogram.map((bucket, at) => (
          <div
            key={at}
            className={styles.bar}
            style={{ height: `${(bucket.examples / highest) * 100}%` }}
            title={`${bucket.at_least}–${bucket.below - 1}: ${bucket.examples}`}
          />
        ))}
      </div>
      <div className={styles.ends}>
        <span>{count(lengths.min, tag)}</span>
        <span>{words.median(count(lengths.median, tag))}</span>
        <span>{count(lengths.max, tag)}</span>
      </div>
    </section>
  );
}
