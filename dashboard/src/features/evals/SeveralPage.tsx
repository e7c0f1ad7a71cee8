/** More than two runs: each compared with the first, in one correction for all tests. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RateBar } from "@/components/display/RateBar";
import { Mark } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { useLocaleTag, useMessages } from "@/i18n";
import { comparisonsQuery, evalQuery } from "./queries";
import { shortP, signedPoints, worded } from "./statements";

const MARKS = { better: "good", worse: "bad", mixed: "waiting", no_change: "plain", cannot_tell: "waiting" } as const;

export function SeveralPage({ evalId, runs, isCommon }: { evalId: string; runs: readonly string[]; isCommon: boolean }) {
  const words = useMessages().evals;
  const tag = useLocaleTag();
  const owner = useQuery(evalQuery(evalId));
  const comparisons = useQuery(comparisonsQuery(evalId, runs, isCommon));
  return (
    <Page
      title={words.comparison}
      crumb={{ label: owner.data?.name ?? evalId, to: { to: "/evals/$evalId", params: { evalId } } }}
    >
      <Loaded query={comparisons}>
        {(made) => {
          const runOf = (id: string) => made.runs.find((run) => run.run_id === id);
          const first = made.runs[0];
          return (
            <div className={layout.stack}>
              {first && (
                <Card title={words.base}>
                  <div className={layout.tight}>
                    <Named name={first.name} sub={first.model || words.gradedAsIs} />
                    <RateBar passed={first.passing.passed} total={first.passing.total} interval={first.passing.interval} />
                  </div>
                </Card>
              )}
              <Card title={words.candidates} isFlush>
                <Table
                  label={words.candidates}
                  rows={made.comparisons}
                  keyOf={(pair) => pair.candidate_run_id}
                  columns={[
                    {
                      head: words.candidate,
                      cell: (pair) => (
                        <Link
                          to="/evals/$evalId/compare"
                          params={{ evalId }}
                          search={{ base: pair.base_run_id, candidate: pair.candidate_run_id, common: isCommon || undefined }}
                        >
                          <Named
                            name={runOf(pair.candidate_run_id)?.name ?? pair.candidate_run_id}
                            sub={runOf(pair.candidate_run_id)?.model ?? ""}
                          />
                        </Link>
                      ),
                    },
                    {
                      head: words.passRate,
                      cell: ({ overall }) => (
                        <RateBar
                          passed={overall.candidate.passed}
                          total={overall.candidate.total}
                          interval={overall.candidate.interval}
                        />
                      ),
                    },
                    {
                      head: words.differencePoints,
                      kind: "number",
                      isWideOnly: true,
                      cell: ({ overall }) => signedPoints(overall.difference, tag),
                    },
                    {
                      head: words.adjustedP,
                      kind: "number",
                      isWideOnly: true,
                      cell: ({ overall }) => shortP(overall.adjusted_p_value, tag),
                    },
                    {
                      head: words.verdict,
                      kind: "tight",
                      cell: (pair) => <Mark kind={MARKS[pair.verdict]}>{words.verdicts[pair.verdict]}</Mark>,
                    },
                  ]}
                />
              </Card>
              <Card title={words.verdict}>
                <div className={layout.stack}>
                  {made.comparisons.map((pair) => (
                    <p key={pair.candidate_run_id}>
                      <strong>{runOf(pair.candidate_run_id)?.name}</strong>
                      <br />
                      {pair.statements.map((one) => worded(one, words.statements, tag)).join(" ")}
                    </p>
                  ))}
                  <p className={layout.faint}>{words.corrected(made.tests)}</p>
                </div>
              </Card>
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}
