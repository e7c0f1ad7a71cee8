/** One eval: its criteria, its runs, and two of them to be compared. */

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus, Scale, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { Button } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { CodeBlock, Id } from "@/components/display/Code";
import { Confirm } from "@/components/layout/Confirm";
import layout from "@/components/layout/layout.module.css";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { RateBar } from "@/components/display/RateBar";
import { Empty, Failed, Loading, Notice } from "@/components/layout/States";
import { Status } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { useMessages } from "@/i18n";
import { NewRun } from "./NewRun";
import { ImportedNotice, ImportedTag, switchedOff } from "./Origin";
import { type Eval, evalQuery, type Run, runsQuery } from "./queries";

const MAX_COMPARED = 20;

export function EvalPage({ id }: { id: string }) {
  const { evals: words, common } = useMessages();
  const found = useQuery(evalQuery(id));
  const [isStarting, setStarting] = useState(false);
  const crumb = { label: common.nav.evals, to: { to: "/evals" as const } };
  if (found.data === undefined) {
    return (
      <Page title={id} crumb={crumb}>
        <Card>{found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}</Card>
      </Page>
    );
  }
  return (
    <Page
      title={found.data.name || id}
      crumb={crumb}
      about={<Id text={id} />}
      actions={
        <>
          <Delete id={id} />
          <Button kind="primary" onClick={() => setStarting(true)}>
            <Plus /> {words.newRun}
          </Button>
        </>
      }
    >
      <div className={layout.stack}>
        <ImportedNotice value={found.data} text={words.importedEval} />
        <Runs evalId={id} onStart={() => setStarting(true)} />
        <Criteria criteria={found.data.testing_criteria} />
      </div>
      {isStarting && <NewRun owner={found.data} onClose={() => setStarting(false)} />}
    </Page>
  );
}

function Runs({ evalId, onStart }: { evalId: string; onStart: () => void }) {
  const words = useMessages().evals;
  const navigate = useNavigate();
  const runs = useInfiniteQuery(runsQuery(evalId));
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const toggle = (id: string) =>
    setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-MAX_COMPARED));
  const compare = (rows: readonly Run[]) => {
    // The oldest run is the base, whichever was ticked first.
    const run = rows
      .filter((one) => chosen.includes(one.id))
      .map((one) => one.id)
      .reverse();
    const [base, candidate] = run;
    if (base === undefined || candidate === undefined) return;
    if (run.length === 2) void navigate({ to: "/evals/$evalId/compare", params: { evalId }, search: { base, candidate } });
    else void navigate({ to: "/evals/$evalId/comparisons", params: { evalId }, search: { run } });
  };
  return (
    <Loaded query={runs}>
      {(pages) => {
        const rows = pages.pages.flatMap((page) => page.data);
        return (
          <Card
            isFlush
            title={words.runs}
            actions={
              rows.length > 1 && (
                <>
                  <span className={layout.faint}>{words.chooseTwo}</span>
                  <Button size="small" disabled={chosen.length < 2} onClick={() => compare(rows)}>
                    <Scale /> {words.compare}
                  </Button>
                </>
              )
            }
          >
            {rows.length === 0 ? (
              <Empty title={words.noRuns} actions={<Button onClick={onStart}>{words.newRun}</Button>}>
                {words.noRunsText}
              </Empty>
            ) : (
              <>
                <Table
                  label={words.runs}
                  rows={rows}
                  keyOf={(run) => run.id}
                  isSelected={(run) => chosen.includes(run.id)}
                  columns={[
                    {
                      head: <span className="visually-hidden">{words.compare}</span>,
                      kind: "tight",
                      cell: (run) => (
                        <input
                          type="checkbox"
                          aria-label={`${words.compare}: ${run.name || run.id}`}
                          checked={chosen.includes(run.id)}
                          disabled={run.status !== "completed"}
                          onChange={() => toggle(run.id)}
                        />
                      ),
                    },
                    {
                      head: words.run,
                      cell: (run) => (
                        <Link to="/evals/$evalId/runs/$runId" params={{ evalId, runId: run.id }}>
                          <Named
                            name={
                              <>
                                {run.name || run.id} <ImportedTag value={run} />
                              </>
                            }
                            sub={run.model || words.gradedAsIs}
                          />
                        </Link>
                      ),
                    },
                    { head: words.status, kind: "tight", isWideOnly: true, cell: (run) => <Status status={run.status} /> },
                    {
                      head: words.passRate,
                      cell: (run) => (run.status === "completed" ? <PassRate run={run} /> : <Status status={run.status} />),
                    },
                    { head: words.created, kind: "tight", isWideOnly: true, cell: (run) => <Ago at={run.created_at} /> },
                  ]}
                />
                <MorePages query={runs} />
              </>
            )}
          </Card>
        );
      }}
    </Loaded>
  );
}

function PassRate({ run }: { run: Run }) {
  const { passed, failed } = run.result_counts;
  return <RateBar passed={passed} total={passed + failed} />;
}

function Criteria({ criteria }: { criteria: Eval["testing_criteria"] }) {
  const words = useMessages().evals;
  return (
    <Card title={words.criteria}>
      <div className={layout.stack}>
        {criteria.map((criterion, at) => (
          <div key={at} className={layout.tight}>
            {switchedOff(criterion) !== undefined && (
              <Notice kind="warning">
                {words.switchedOffText} {switchedOff(criterion)}
              </Notice>
            )}
            <CodeBlock
              code={JSON.stringify({ ...criterion, id: undefined, switched_off: undefined }, null, 2)}
              isWrapped
            />
          </div>
        ))}
      </div>
    </Card>
  );
}

function Delete({ id }: { id: string }) {
  const { evals: words, common } = useMessages();
  const navigate = useNavigate();
  const cache = useQueryClient();
  return (
    <Confirm
      title={words.deleteTitle}
      about={words.deleteText}
      action={common.delete}
      onConfirm={async () => {
        await api().evals.delete(id);
        await navigate({ to: "/evals" });
        await cache.invalidateQueries({ queryKey: ["evals"], exact: true });
      }}
      trigger={(open) => (
        <Button kind="danger" onClick={open}>
          <Trash2 /> {common.delete}
        </Button>
      )}
    />
  );
}
