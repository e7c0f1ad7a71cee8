/** More than two runs: each compared with the first, or each with each, in one correction for all tests. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { CompareWish } from "@/api/x";
import { Switch } from "@/components/controls/Field";
import { RateBar } from "@/components/display/RateBar";
import { Mark } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { useLocaleTag, useMessages } from "@/i18n";
import { CompareForm } from "./CompareForm";
import { comparisonsQuery, evalQuery } from "./queries";
import { shortP, signedPoints, worded } from "./statements";

const MARKS = { better: "good", worse: "bad", mixed: "waiting", no_change: "plain", cannot_tell: "waiting" } as const;

export function SeveralPage({
  evalId,
  runs,
  wish,
  onWish,
  isEveryPair,
  onEveryPair,
}: {
  evalId: string;
  runs: readonly string[];
  wish: CompareWish;
  onWish: (wish: CompareWish) => void;
  isEveryPair: boolean;
  onEveryPair: (isEveryPair: boolean) => void;
}) {
  const words = useMessages().evals;
  const tag = useLocaleTag();
  const owner = useQuery(evalQuery(evalId));
  const comparisons = useQuery(comparisonsQuery(evalId, runs, wish, isEveryPair));
  return (
    <Page
      title={words.comparison}
      crumb={{ label: owner.data?.name ?? evalId, to: { to: "/evals/$evalId", params: { evalId } } }}
    >
      <div className={layout.stack}>
        <CompareForm owner={owner.data} wish={wish} onWish={onWish}>
          <Switch label={words.everyPair} isOn={isEveryPair} onChange={onEveryPair} />
        </CompareForm>
        <Loaded query={comparisons}>
          {(made) => {
            const runOf = (id: string) => made.runs.find((run) => run.run_id === id);
            const nameOf = (id: string) => {
            const run = runOf(id);
            return run === undefined || run.name === "" ? id : run.name;
          };
            const keyOf = (pair: { base_run_id: string; candidate_run_id: string }) =>
              `${pair.base_run_id} ${pair.candidate_run_id}`;
            const first = isEveryPair ? undefined : made.runs[0];
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
                <Card title={isEveryPair ? words.pairs : words.candidates} isFlush>
                  <Table
                    label={isEveryPair ? words.pairs : words.candidates}
                    rows={made.comparisons}
                    keyOf={keyOf}
                    columns={[
                      ...(isEveryPair
                        ? [
                            {
                              head: words.base,
                              cell: (pair: (typeof made.comparisons)[number]) => (
                                <Named name={nameOf(pair.base_run_id)} sub={runOf(pair.base_run_id)?.model ?? ""} />
                              ),
                            },
                          ]
                        : []),
                      {
                        head: words.candidate,
                        cell: (pair) => (
                          <Link
                            to="/evals/$evalId/compare"
                            params={{ evalId }}
                            search={{ base: pair.base_run_id, candidate: pair.candidate_run_id, ...wish }}
                          >
                            <Named
                              name={nameOf(pair.candidate_run_id)}
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
                      <p key={keyOf(pair)}>
                        <strong>
                          {isEveryPair && `${nameOf(pair.base_run_id)} → `}
                          {nameOf(pair.candidate_run_id)}
                        </strong>
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
      </div>
    </Page>
  );
}
