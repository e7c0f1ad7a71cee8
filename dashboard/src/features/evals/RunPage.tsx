/** One run: its pass rate with confidence interval, and every output item with its grades. */

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban } from "lucide-react";
import { api } from "@/api/client";
import { Button } from "@/components/controls/Button";
import { Card, Stats } from "@/components/layout/Card";
import { Id } from "@/components/display/Code";
import layout from "@/components/layout/layout.module.css";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Progress } from "@/components/display/Progress";
import { RateBar } from "@/components/display/RateBar";
import { Empty, Failed, Loading, Notice } from "@/components/layout/States";
import { Status } from "@/components/display/Status";
import { Table } from "@/components/display/Table";
import { Segments } from "@/components/controls/Tabs";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, percent } from "@/lib/format";
import { wilson } from "@/lib/statistics";
import { AgreementPanel } from "./AgreementPanel";
import { ItemView } from "./ItemView";
import { MakePairs } from "./MakePairs";
import { ImportedNotice, ImportedTag, SwitchedOff, switchedOff } from "./Origin";
import { criterionName, type Eval, evalQuery, isRunning, itemsQuery, type ItemStatus, type Run, runQuery } from "./queries";

export function RunPage({
  evalId,
  runId,
  status,
  onStatus,
  label,
  onLabel,
}: {
  evalId: string;
  runId: string;
  status: ItemStatus | undefined;
  onStatus: (status: ItemStatus | undefined) => void;
  label: string | undefined;
  onLabel: (label: string | undefined) => void;
}) {
  const { evals: words } = useMessages();
  const owner = useQuery(evalQuery(evalId));
  const run = useQuery(runQuery(evalId, runId));
  const crumb = {
    label: owner.data?.name ?? evalId,
    to: { to: "/evals/$evalId" as const, params: { evalId } },
  };
  if (run.data === undefined) {
    return (
      <Page title={runId} crumb={crumb}>
        <Card>{run.isError ? <Failed error={run.error} onRetry={() => void run.refetch()} /> : <Loading />}</Card>
      </Page>
    );
  }
  const { result_counts: counts } = run.data;
  const error = run.data.error as { message: string } | null;
  return (
    <Page
      title={run.data.name || runId}
      heading={
        <span className={layout.row}>
          {run.data.name || runId} <ImportedTag value={run.data} /> <Status status={run.data.status} />
        </span>
      }
      crumb={crumb}
      about={run.data.model ? <Id text={run.data.model} /> : words.gradedAsIs}
      actions={
        isRunning(run.data) ? (
          <Cancel evalId={evalId} runId={runId} />
        ) : (
          owner.data !== undefined && <MakePairs owner={owner.data} runs={[runId]} />
        )
      }
    >
      <div className={layout.stack}>
        {error !== null && <Notice kind="error">{error.message}</Notice>}
        <ImportedNotice value={run.data} text={words.importedRun} />
        <Counts run={run.data} />
        <Criteria run={run.data} owner={owner.data} />
        {owner.data !== undefined && !isRunning(run.data) && (
          <AgreementPanel owner={owner.data} runId={runId} label={label} onLabel={onLabel} />
        )}
        <Items
          evalId={evalId}
          runId={runId}
          done={counts.passed + counts.failed + counts.errored}
          status={status}
          onStatus={onStatus}
        />
      </div>
    </Page>
  );
}

/** How often each row was asked; the official types do not have this field of ours. */
function repeatsOf(run: Run): number {
  return (run as { repeats?: number }).repeats ?? 1;
}

/** Where a rate lies. Answers to the same row may all be alike, so they count as one. */
function rateOf(run: Run, passed: number, failed: number) {
  const repeats = repeatsOf(run);
  return wilson(passed / repeats, (passed + failed) / repeats);
}

function Counts({ run }: { run: Run }) {
  const words = useMessages().evals;
  const tag = useLocaleTag();
  const { passed, failed, errored, total } = run.result_counts;
  const repeats = repeatsOf(run);
  const { low, high } = rateOf(run, passed, failed);
  return (
    <div className={layout.tight}>
      <Stats
        stats={[
          {
            label: words.passRate,
            value: percent(passed / Math.max(1, passed + failed), tag),
            note: words.range(percent(low, tag), percent(high, tag)),
          },
          { label: words.passed, value: count(passed, tag) },
          { label: words.failed, value: count(failed, tag) },
          { label: words.errored, value: count(errored, tag) },
          {
            label: words.items,
            value: count(total, tag),
            note: repeats > 1 ? words.repeatedRows(count(total / repeats, tag), count(repeats, tag)) : "",
          },
        ]}
      />
      {isRunning(run) && <Progress label={words.items} value={passed + failed + errored} max={total} />}
    </div>
  );
}

/** Criteria that are switched off are shown too: they count neither as passed nor as failed. */
function Criteria({ run, owner }: { run: Run; owner: Eval | undefined }) {
  const words = useMessages().evals;
  const judged = run.per_testing_criteria_results;
  const off = (owner?.testing_criteria ?? [])
    .filter((criterion) => switchedOff(criterion) !== undefined)
    .map((criterion) => (criterion as unknown as { id: string }).id)
    .filter((id) => !judged.some((criterion) => criterion.testing_criteria === id))
    .map((id) => ({ testing_criteria: id, passed: 0, failed: 0, isOff: true }));
  const rows = [...judged.map((criterion) => ({ ...criterion, isOff: false })), ...off];
  if (rows.length === 0) return null;
  return (
    <Card title={words.criteria} isFlush>
      <Table
        label={words.criteria}
        rows={rows}
        keyOf={(criterion) => criterion.testing_criteria}
        columns={[
          { head: words.name, cell: (criterion) => criterionName(criterion.testing_criteria) },
          {
            head: words.passRate,
            cell: (criterion) =>
              criterion.isOff ? (
                <SwitchedOff />
              ) : (
                <RateBar
                  passed={criterion.passed}
                  total={criterion.passed + criterion.failed}
                  interval={rateOf(run, criterion.passed, criterion.failed)}
                />
              ),
          },
        ]}
      />
    </Card>
  );
}

function Items({
  evalId,
  runId,
  done,
  status,
  onStatus,
}: {
  evalId: string;
  runId: string;
  done: number;
  status: ItemStatus | undefined;
  onStatus: (status: ItemStatus | undefined) => void;
}) {
  const { evals: words, common } = useMessages();
  const items = useInfiniteQuery(itemsQuery(evalId, runId, status, done));
  return (
    <Card
      title={words.items}
      isFlush
      actions={
        <Segments
          label={words.items}
          options={[
            { name: "all", label: common.all },
            { name: "pass", label: words.passed },
            { name: "fail", label: words.failed },
          ]}
          current={status ?? "all"}
          onChange={(next) => onStatus(next === "all" ? undefined : next)}
        />
      }
    >
      <Loaded query={items}>
        {(pages) => {
          const rows = pages.pages.flatMap((page) => page.data);
          if (rows.length === 0) return <Empty isSmall title={words.noItems} />;
          return (
            <>
              {rows.map((item) => (
                <ItemView key={item.id} item={item} />
              ))}
              <MorePages query={items} />
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

function Cancel({ evalId, runId }: { evalId: string; runId: string }) {
  const words = useMessages().evals;
  const cache = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => api().evals.runs.cancel(runId, { eval_id: evalId }),
    onSettled: () => cache.invalidateQueries({ queryKey: ["evals", evalId] }),
  });
  return (
    <Button kind="danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
      <Ban /> {words.cancelRun}
    </Button>
  );
}
