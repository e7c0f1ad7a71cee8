/** How a job's training file was screened: what was flagged, what was not judged, and the marks. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Download } from "lucide-react";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { type FlaggedLine, type JobScreening, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Mark } from "@/components/display/Status";
import { Table } from "@/components/display/Table";
import { Card, Stats } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Failed, Loading, Notice, Problem } from "@/components/layout/States";
import { useWorded } from "@/i18n/sentences";
import { useLocaleTag, useMessages } from "@/i18n";
import { saveAs } from "@/lib/encoding";
import { count, decimal } from "@/lib/format";
import { isLive } from "@/lib/jobs";

const EVERY_MS = 3000;

export function Screening({ job }: { job: FineTuningJob }) {
  const words = useMessages().jobs.screening;
  const pages = useInfiniteQuery({
    queryKey: ["jobs", job.id, "screening", job.status],
    queryFn: ({ pageParam, signal }) => x.jobScreening(job.id, pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.has_more ? last.data.at(-1)?.line : undefined),
    refetchInterval: isLive(job.status) ? EVERY_MS : false,
  });
  const found = pages.data?.pages[0];
  return (
    <Card title={words.title} actions={found && <Badge screening={found} />}>
      {pages.isError && <Failed error={pages.error} onRetry={() => void pages.refetch()} />}
      {found === undefined && !pages.isError && <Loading />}
      {found !== undefined && (
        <div className={layout.stack}>
          <Found screening={found} />
          <Lines job={job} screening={found} lines={pages.data?.pages.flatMap((page) => page.data) ?? []} />
          {pages.hasNextPage && (
            <Button size="small" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              {words.more}
            </Button>
          )}
        </div>
      )}
    </Card>
  );
}

/** Grey unless something was judged in full: never a sign that a file is good. */
function Badge({ screening }: { screening: JobScreening }) {
  const words = useMessages().jobs.screening;
  const kind = screening.is_blocked ? "bad" : screening.status === "screened" ? "plain" : "waiting";
  return <Mark kind={kind}>{words.statuses[screening.status]}</Mark>;
}

function Found({ screening }: { screening: JobScreening }) {
  const say = useWorded();
  const words = useMessages().jobs.screening;
  const tag = useLocaleTag();
  const isAsked = screening.moderator !== null;
  return (
    <>
      {screening.reason !== null && <p className={layout.quiet}>{say(screening.reason, screening.reason_wording)}</p>}
      {isAsked && (
        <>
          <p className={layout.quiet}>{words.by(screening.moderator ?? "")}</p>
          <Stats
            stats={[
              {
                label: words.lines,
                value: count(screening.lines_screened, tag),
                note: words.ofLines(count(screening.lines_total, tag)),
              },
              {
                label: words.flagged,
                value: count(screening.lines_flagged, tag),
                note: screening.lines_marked > 0 && words.marked(count(screening.lines_marked, tag)),
              },
              ...(screening.lines_unjudged > 0
                ? [{ label: words.unjudged, value: count(screening.lines_unjudged, tag) }]
                : []),
            ]}
          />
        </>
      )}
      {screening.status === "screened" && screening.lines_flagged === 0 && <p className={layout.quiet}>{words.clean}</p>}
      {screening.not_evaluated.length > 0 && (
        <p className={layout.quiet}>{words.notEvaluated(screening.not_evaluated.join(", "))}</p>
      )}
    </>
  );
}

function Lines({ job, screening, lines }: { job: FineTuningJob; screening: JobScreening; lines: readonly FlaggedLine[] }) {
  const words = useMessages().jobs.screening;
  const tag = useLocaleTag();
  const cache = useQueryClient();
  const mark = useMutation({
    mutationFn: (line: FlaggedLine) => x.markLines(job.id, [line.line], !line.is_false_positive),
    onSettled: () => cache.invalidateQueries({ queryKey: ["jobs", job.id, "screening"] }),
  });
  const download = useMutation({
    mutationFn: async () => saveAs(`${job.id}-flagged.jsonl`, await (await x.flaggedLines(job.id)).blob()),
  });
  if (lines.length === 0) return <Continue job={job} screening={screening} />;
  return (
    <>
      {screening.is_blocked && <Notice kind="warning">{words.blocked}</Notice>}
      <Continue job={job} screening={screening} />
      <Table
        label={words.flagged}
        rows={lines}
        keyOf={(line) => String(line.line)}
        columns={[
          { head: words.line, kind: "number", cell: (line) => count(line.line, tag) },
          { head: words.category, cell: (line) => (line.category === "other" ? words.other : line.category) },
          {
            head: words.score,
            kind: "number",
            cell: (line) => (line.score === null ? "–" : decimal(line.score, 2, tag)),
          },
          { head: words.excerpt, isWideOnly: true, cell: (line) => line.excerpt },
          {
            head: "",
            kind: "tight",
            cell: (line) => (
              <Button size="small" disabled={mark.isPending} onClick={() => mark.mutate(line)}>
                {line.is_false_positive ? words.unmark : words.mark}
              </Button>
            ),
          },
        ]}
      />
      <div className={layout.row}>
        <Button size="small" disabled={download.isPending} onClick={() => download.mutate()}>
          <Download /> {words.download}
        </Button>
      </div>
      <Problem error={mark.error ?? download.error} />
    </>
  );
}

function Continue({ job, screening }: { job: FineTuningJob; screening: JobScreening }) {
  const words = useMessages().jobs.screening;
  const navigate = useNavigate();
  const again = useMutation({
    mutationFn: () => x.continueScreened(job.id),
    onSuccess: (made) => navigate({ to: "/fine-tuning/$jobId", params: { jobId: made.id } }),
  });
  if (!screening.can_continue) return null;
  return (
    <>
      <Notice kind="info">{words.ready}</Notice>
      <div className={layout.row}>
        <Button kind="primary" disabled={again.isPending} onClick={() => again.mutate()}>
          {words.continue}
        </Button>
      </div>
      <Problem error={again.error} />
    </>
  );
}
