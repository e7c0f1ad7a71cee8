/** How many answers are learned, and why the others are not, with the first of them to look at. */

import { Link } from "@tanstack/react-router";
import type { DistillationCounts } from "@/api/x";
import { Tag } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Facts, Stats } from "@/components/layout/Card";
import { Notice } from "@/components/layout/States";
import layout from "@/components/layout/layout.module.css";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";

/** Which of the logs the answers stand in. */
export type LogKind = "completions" | "responses";

interface Props {
  counts: DistillationCounts;
  kind: LogKind;
  /** In a form, since leaving it would lose what was entered. */
  isBesideForm?: boolean;
}

export function Counts({ counts, kind, isBesideForm = false }: Props) {
  const words = useMessages().distillations.counts;
  const tag = useLocaleTag();
  // Distillations of earlier versions did not say it.
  const snapshots = counts.snapshots ?? {};
  const dropped = counts.dropped.reduce((sum, each) => sum + each.count, 0);
  return (
    <div className={layout.stack}>
      <Stats
        stats={[
          { label: words.found, value: count(counts.found, tag) },
          { label: words.kept, value: count(counts.kept, tag) },
          { label: words.dropped, value: count(dropped, tag) },
        ]}
      />
      <Facts
        facts={[
          [words.teachers, numbered(counts.teachers, tag)],
          [words.snapshots, numbered(snapshots, tag)],
          [words.redacted, numbered(counts.redacted, tag)],
        ]}
      />
      {Object.keys(snapshots).length > Math.max(Object.keys(counts.teachers).length, 1) && (
        <Notice kind="warning">{words.changed}</Notice>
      )}
      {counts.dropped.length > 0 && <Dropped counts={counts} kind={kind} isBesideForm={isBesideForm} />}
    </div>
  );
}

function Dropped({ counts, kind, isBesideForm }: Required<Props>) {
  const { counts: words, reasons } = useMessages().distillations;
  const tag = useLocaleTag();
  const named: Record<string, string> = reasons;
  return (
    <Table
      label={words.droppedWhy}
      rows={counts.dropped}
      keyOf={(each) => each.reason}
      columns={[
        {
          head: words.reason,
          cell: (each) => (
            <>
              <Named name={named[each.reason] ?? each.reason} sub={each.detail} />
              <span className={layout.row}>
                <span className={layout.faint}>{words.first}</span>
                {each.examples.map((id) => (
                  <Link
                    key={id}
                    to="/logs/$kind/$logId"
                    params={{ kind, logId: id }}
                    className={layout.mono}
                    title={id}
                    // A tab that is opened so has this one's key, which no other tab would have.
                    {...(isBesideForm && { target: "_blank", rel: "opener" })}
                  >
                    {tail(id)}
                  </Link>
                ))}
              </span>
            </>
          ),
        },
        { head: words.dropped, kind: "number", cell: (each) => count(each.count, tag) },
      ]}
    />
  );
}

function numbered(numbers: Record<string, number>, tag: string) {
  const named = Object.entries(numbers);
  return (
    named.length > 0 && (
      <span className={layout.row}>
        {named.map(([name, number]) => (
          <Tag key={name}>
            {name}: {count(number, tag)}
          </Tag>
        ))}
      </span>
    )
  );
}

const TAIL = 8;

/** The end of an id tells it apart. */
function tail(id: string): string {
  return id.length > TAIL ? `…${id.slice(-TAIL)}` : id;
}
