/** What the project used over a time: requests, tokens and jobs by day, model or key, and the disk. */

import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { ChartColumn, Download } from "lucide-react";
import { type Usage, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import field from "@/components/controls/Field.module.css";
import { Segments } from "@/components/controls/Tabs";
import { CopyLink } from "@/components/display/Code";
import { Disk } from "@/components/display/Disk";
import { Named, Table } from "@/components/display/Table";
import { Card, Stats } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { saveAs } from "@/lib/encoding";
import { count, date } from "@/lib/format";
import { daily, type Group, grouped, type Grouping, GROUPINGS, total, usageTable } from "@/lib/usage";
import styles from "./UsagePage.module.css";

const LIVE_MS = 30_000;

export interface UsageChoice {
  by?: Grouping | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

const usageQuery = (from: string | undefined, to: string | undefined) =>
  queryOptions({
    queryKey: ["usage", from ?? null, to ?? null],
    queryFn: ({ signal }) => x.usage({ start_date: from, end_date: to }, signal),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
    retry: false,
  });

export function UsagePage({ choice, onChoice }: { choice: UsageChoice; onChoice: (choice: UsageChoice) => void }) {
  const { usage: words, common } = useMessages();
  const usage = useQuery(usageQuery(choice.from, choice.to));
  const by = choice.by ?? "day";
  const shown = usage.data;
  return (
    <Page
      title={common.nav.usage}
      about={words.about}
      actions={
        <>
          <CopyLink />
          <Button
          disabled={shown === undefined}
          onClick={() => shown && saveAs(`usage-${shown.start_date}-${shown.end_date}.csv`, usageTable(shown), "text/csv")}
        >
          <Download /> {words.csv}
        </Button>
        </>
      }
    >
      <div className={layout.stack}>
        <div className={layout.between}>
          <Segments
            label={words.by}
            options={GROUPINGS.map((name) => ({ name, label: words.groupings[name] }))}
            current={by}
            onChange={(next) => onChoice({ ...choice, by: next === "day" ? undefined : next })}
          />
          <div className={layout.row}>
            {(["from", "to"] as const).map((end) => (
              <label key={end} className={styles.date}>
                {words[end]}
                <input
                  type="date"
                  className={field.control}
                  value={choice[end] ?? (end === "from" ? shown?.start_date : shown?.end_date) ?? ""}
                  onChange={(event) => onChoice({ ...choice, [end]: event.target.value || undefined })}
                />
              </label>
            ))}
          </div>
        </div>
        <Loaded query={usage} lines={6}>
          {(found) => <Found usage={found} by={by} />}
        </Loaded>
        <Disk />
      </div>
    </Page>
  );
}

function Found({ usage, by }: { usage: Usage; by: Grouping }) {
  const words = useMessages().usage;
  const tag = useLocaleTag();
  const sum = total(usage);
  const rows = grouped(usage, by);
  const number = (head: string, value: (group: Group) => number) => ({
    head,
    kind: "number" as const,
    cell: (group: Group) => count(value(group), tag),
  });
  return (
    <>
      <Stats
        stats={[
          { label: words.requests, value: count(sum.requests, tag) },
          { label: words.prompt, value: count(sum.prompt, tag) },
          { label: words.completion, value: count(sum.completion, tag) },
          { label: words.trained, value: count(sum.trained, tag) },
          { label: words.jobs, value: count(sum.jobs, tag) },
        ]}
      />
      {rows.length > 0 && <Bars usage={usage} />}
      <Card isFlush>
        {rows.length === 0 ? (
          <Empty icon={ChartColumn} title={words.none}>
            {words.noneText}
          </Empty>
        ) : (
          <Table
            label={words.groupings[by]}
            rows={rows}
            keyOf={(group) => group.id}
            columns={[
              { head: words.heads[by], cell: (group) => <Name group={group} by={by} /> },
              number(words.requests, (group) => group.requests),
              number(words.prompt, (group) => group.prompt),
              number(words.completion, (group) => group.completion),
              number(words.trained, (group) => group.trained),
              number(words.jobs, (group) => group.jobs),
            ]}
          />
        )}
      </Card>
      <p className={layout.quiet}>{words.note}</p>
    </>
  );
}

function Name({ group, by }: { group: Group; by: Grouping }) {
  const words = useMessages().usage;
  const tag = useLocaleTag();
  if (by === "day") return date(Date.parse(group.id) / 1000, tag, "UTC");
  if (by === "model") return group.id;
  const unkeyed: Record<string, string> = words.unkeyed;
  const name = unkeyed[group.id];
  return name ?? <Named name={group.keyName ?? words.revoked} sub={group.id} />;
}

/** The table below says the same to those who do not see it. */
function Bars({ usage }: { usage: Usage }) {
  const words = useMessages().usage;
  const tag = useLocaleTag();
  const days = daily(usage, usage.start_date, usage.end_date);
  const most = Math.max(1, ...days.map((day) => day.tokens));
  return (
    <Card title={words.daily}>
      <div className={styles.bars} aria-hidden>
        {days.map((day) => (
          <div
            key={day.date}
            className={styles.slot}
            title={`${date(Date.parse(day.date) / 1000, tag, "UTC")} · ${count(day.tokens, tag)}`}
          >
            <div className={styles.bar} style={{ height: `${(100 * day.tokens) / most}%` }} />
          </div>
        ))}
      </div>
      <div className={styles.ends} aria-hidden>
        <span>{date(Date.parse(usage.start_date) / 1000, tag, "UTC")}</span>
        <span>{words.most(count(most, tag))}</span>
        <span>{date(Date.parse(usage.end_date) / 1000, tag, "UTC")}</span>
      </div>
    </Card>
  );
}
