/** A table of what differs between the jobs that are drawn together. */

import { Table } from "@/components/display/Table";
import layout from "@/components/layout/layout.module.css";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, duration, measured } from "@/lib/format";
import { colorOf, type NamedHistory } from "./curves";
import styles from "./Differences.module.css";
import { type Difference, differences, type Value } from "./differences";

export function Differences({ jobs }: { jobs: readonly NamedHistory[] }) {
  const words = useMessages().jobs.chart.differences;
  const tag = useLocaleTag();
  const names: Record<string, string> = words.names;
  const found = differences(jobs);
  if (found.length === 0) return <p className={layout.quiet}>{words.none}</p>;
  return (
    <section className={layout.tight}>
      <h3>{words.title}</h3>
      <Table
        label={words.title}
        rows={found}
        keyOf={(difference) => difference.name}
        columns={[
          { head: words.field, cell: (difference: Difference) => names[difference.name] ?? difference.name },
          ...jobs.map(({ name }, at) => ({
            head: (
              <>
                <span className={styles.dot} style={{ background: `var(${colorOf(at)})` }} />
                {name}
              </>
            ),
            cell: (difference: Difference) => written(difference.name, difference.values[at] ?? null, tag),
          })),
        ]}
      />
    </section>
  );
}

const COUNTS = new Set(["trained_tokens", "steps"]);

function written(name: string, value: Value, tag: string): string {
  if (value === null) return "–";
  if (typeof value === "string" || name === "seed") return String(value);
  if (name === "time") return duration(value, tag);
  return COUNTS.has(name) || Number.isInteger(value) ? count(value, tag) : measured(value, tag);
}
