/** One shadow: who answers, how often both agree, where they do not, and the way over and back. */

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ArrowLeftRight, Ban, Scale } from "lucide-react";
import { type Shadow, type ShadowComparison, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Id } from "@/components/display/Code";
import { RateBar } from "@/components/display/RateBar";
import { Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { Card, Facts, Stats } from "@/components/layout/Card";
import { Confirm } from "@/components/layout/Confirm";
import layout from "@/components/layout/layout.module.css";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty, Failed, Loading, Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, percent, shortModel, took } from "@/lib/format";
import { disagreementsQuery, shadowQuery } from "./queries";

export function ShadowPage({ name }: { name: string }) {
  const { shadows: words, common } = useMessages();
  const found = useQuery(shadowQuery(name));
  const crumb = { label: common.nav.shadows, to: { to: "/shadows" as const } };
  const title = shortModel(name, 60);
  if (found.data === undefined) {
    return (
      <Page title={title} crumb={crumb}>
        <Card>{found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}</Card>
      </Page>
    );
  }
  const shadow = found.data;
  return (
    <Page
      title={title}
      crumb={crumb}
      about={<Id text={name} />}
      actions={
        <>
          <End name={name} />
          <CutOver shadow={shadow} />
        </>
      }
    >
      <div className={layout.stack}>
        <Numbers shadow={shadow} />
        {shadow.last_error !== null && shadow.last_error_at !== null && (
          <Notice kind="warning">
            {words.lastError} <Ago at={shadow.last_error_at} />: {shadow.last_error}
          </Notice>
        )}
        <Card title={words.agreement} isFlush>
          <Agreement shadow={shadow} />
        </Card>
        <Card title={words.disagreements} isFlush>
          <Disagreements shadow={shadow} />
        </Card>
        <Settings shadow={shadow} />
      </div>
    </Page>
  );
}

function Numbers({ shadow }: { shadow: Shadow }) {
  const words = useMessages().shadows;
  const tag = useLocaleTag();
  return (
    <Stats
      stats={[
        {
          label: words.calls,
          value: count(shadow.calls, tag),
          note: shadow.last_called_at !== null && <Ago at={shadow.last_called_at} />,
        },
        { label: words.compared, value: count(shadow.compared, tag) },
        { label: words.failed, value: count(shadow.failed, tag) },
        { label: words.skipped, value: count(shadow.skipped, tag) },
      ]}
    />
  );
}

function Agreement({ shadow }: { shadow: Shadow }) {
  const words = useMessages().shadows;
  const names: Record<string, string> = words.respects;
  const named = (name: string) => names[name] ?? (name.startsWith("field ") ? words.field(name.slice("field ".length)) : name);
  if (shadow.agreement.length === 0) {
    return (
      <Empty isSmall icon={Scale} title={words.nothing}>
        {words.nothingText}
      </Empty>
    );
  }
  return (
    <Table
      label={words.agreement}
      rows={shadow.agreement}
      keyOf={(rate) => rate.name}
      columns={[
        { head: words.respect, cell: (rate) => named(rate.name) },
        {
          head: words.same,
          cell: (rate) => <RateBar passed={rate.same} total={rate.total} interval={{ low: rate.low, high: rate.high }} />,
        },
      ]}
    />
  );
}

function Disagreements({ shadow }: { shadow: Shadow }) {
  const words = useMessages().shadows;
  const query = useInfiniteQuery(disagreementsQuery(shadow.id));
  return (
    <Loaded query={query}>
      {(pages) => {
        const rows = pages.pages.flatMap((page) => page.data);
        if (rows.length === 0) return <Empty isSmall icon={Scale} title={words.noDisagreement} />;
        return (
          <>
            <Table
              label={words.disagreements}
              rows={rows}
              keyOf={(row) => row.id}
              columns={[
                { head: words.question, cell: (row) => row.question ?? <span className={layout.faint}>{words.notKept}</span> },
                { head: words.oldAnswer, cell: (row) => <Said answer={row.old} /> },
                { head: words.newAnswer, cell: (row) => <Said answer={row.new} /> },
                { head: words.when, kind: "tight", isWideOnly: true, cell: (row) => <Ago at={row.created_at} /> },
              ]}
            />
            <MorePages query={query} />
          </>
        );
      }}
    </Loaded>
  );
}

function Said({ answer }: { answer: ShadowComparison["old"] }) {
  if (answer === null) return "–";
  const calls = answer.calls.map(([name, written]) => `${name}(${written})`);
  return [answer.text, ...calls].filter((part) => part !== "").join(" ") || "–";
}

function Settings({ shadow }: { shadow: Shadow }) {
  const words = useMessages().shadows;
  const tag = useLocaleTag();
  const median = (seconds: number | null) => (seconds === null ? "" : ` · ${words.seconds(took(seconds, tag))}`);
  return (
    <Card title={words.settings}>
      <Facts
        facts={[
          [words.answersNow, shadow.answers === "new" ? shadow.new : shadow.old],
          [words.answersSince, <Ago key="answers" at={shadow.answers_since} />],
          [words.old, shadow.old + median(shadow.old_seconds)],
          [words.new, shadow.new + median(shadow.new_seconds)],
          [words.share, percent(shadow.share, tag)],
          [words.perMinute, count(shadow.per_minute, tag)],
          [words.texts, shadow.keep_answers ? words.kept : words.notKept],
          [words.since, <Ago key="since" at={shadow.created_at} />],
        ]}
      />
    </Card>
  );
}

function CutOver({ shadow }: { shadow: Shadow }) {
  const words = useMessages().shadows;
  const cache = useQueryClient();
  const next = shadow.answers === "old" ? "new" : "old";
  const cut = useMutation({
    mutationFn: () => x.cutOver(shadow.id, next),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["shadows"] }),
  });
  return (
    <Confirm
      title={next === "new" ? words.cutOverTitle : words.cutBackTitle}
      about={words.cutText(next === "new" ? shadow.new : shadow.old, next === "new" ? shadow.old : shadow.new)}
      action={next === "new" ? words.cutOver : words.cutBack}
      onConfirm={() => cut.mutateAsync()}
      trigger={(open) => (
        <Button kind="primary" onClick={open}>
          <ArrowLeftRight /> {next === "new" ? words.cutOver : words.cutBack}
        </Button>
      )}
    />
  );
}

function End({ name }: { name: string }) {
  const words = useMessages().shadows;
  const cache = useQueryClient();
  const navigate = useNavigate();
  return (
    <Confirm
      title={words.endTitle}
      about={words.endText}
      action={words.end}
      onConfirm={async () => {
        await x.endShadow(name);
        await navigate({ to: "/shadows" });
        await cache.invalidateQueries({ queryKey: ["shadows"] });
      }}
      trigger={(open) => (
        <Button kind="danger" onClick={open}>
          <Ban /> {words.end}
        </Button>
      )}
    />
  );
}
