/** Two runs on the same data: the difference, its confidence interval, and the items that changed. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CompareWish, EvalComparison } from "@/api/x";
import { Card, Stats } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { RateBar } from "@/components/display/RateBar";
import { Empty, Notice } from "@/components/layout/States";
import { Mark } from "@/components/display/Status";
import { Table } from "@/components/display/Table";
import { Segments } from "@/components/controls/Tabs";
import { useLocaleTag, useMessages } from "@/i18n";
import { decimal } from "@/lib/format";
import { CompareForm } from "./CompareForm";
import { ItemDetail, lastText } from "./ItemView";
import styles from "./ItemView.module.css";
import { MakePairs } from "./MakePairs";
import { comparisonQuery, criterionName, evalQuery, previewQuery, type Item, itemQuery } from "./queries";
import { shortP, signedPoints, worded } from "./statements";

const VERDICTS = { better: "good", worse: "error", mixed: "warning", no_change: "good", cannot_tell: "info" } as const;

const MARKS = { better: "good", worse: "bad", no_change: "plain", cannot_tell: "waiting" } as const;

export function ComparePage({
  evalId,
  base,
  candidate,
  wish,
  onWish,
}: {
  evalId: string;
  base: string;
  candidate: string;
  wish: CompareWish;
  onWish: (wish: CompareWish) => void;
}) {
  const words = useMessages().evals;
  const tag = useLocaleTag();
  const owner = useQuery(evalQuery(evalId));
  const comparison = useQuery(comparisonQuery(evalId, base, candidate, wish));
  return (
    <Page
      title={words.comparison}
      crumb={{ label: owner.data?.name ?? evalId, to: { to: "/evals/$evalId", params: { evalId } } }}
      actions={owner.data !== undefined && <MakePairs owner={owner.data} runs={[base, candidate]} />}
    >
      <div className={layout.stack}>
        <CompareForm owner={owner.data} wish={wish} onWish={onWish} />
        <Loaded query={comparison}>
          {(made) => (
            <div className={layout.stack}>
              <Notice kind={VERDICTS[made.verdict]}>
                {made.statements.map((one) => worded(one, words.statements, tag)).join(" ")}
              </Notice>
              <Rates comparison={made} />
              <Criteria comparison={made} />
              <Flips comparison={made} />
            </div>
          )}
        </Loaded>
      </div>
    </Page>
  );
}

function Rates({ comparison }: { comparison: EvalComparison }) {
  const words = useMessages().evals;
  const tag = useLocaleTag();
  const { overall } = comparison;
  const points = (share: number) => signedPoints(share, tag);
  const range = ({ low, high }: { low: number; high: number }) => `${points(low)} … ${points(high)}`;
  return (
    <>
      <div className={layout.halves}>
        <Card title={words.base}>
          <div className={layout.tight}>
            <span className={layout.mono}>{comparison.base_model}</span>
            <RateBar passed={overall.base.passed} total={overall.base.total} interval={overall.base.interval} />
          </div>
        </Card>
        <Card title={words.candidate}>
          <div className={layout.tight}>
            <span className={layout.mono}>{comparison.candidate_model}</span>
            <RateBar passed={overall.candidate.passed} total={overall.candidate.total} interval={overall.candidate.interval} />
          </div>
        </Card>
      </div>
      <Stats
        stats={[
          {
            label: words.differencePoints,
            value: points(overall.difference),
            note: overall.interval ? range(overall.interval) : "",
          },
          ...(overall.worst_case
            ? [{ label: words.worstCase, value: range(overall.worst_case), note: words.worstCaseNote(comparison.errored) }]
            : []),
          {
            label: "p",
            value: shortP(overall.p_value, tag),
            note: comparison.tests > 1 ? `${words.adjustedP} ${shortP(overall.adjusted_p_value, tag)}` : "",
          },
          { label: words.improved, value: overall.flips.improved },
          { label: words.regressed, value: overall.flips.regressed },
          { label: words.bothPass, value: overall.flips.both },
          { label: words.neitherPasses, value: overall.flips.neither },
        ]}
      />
    </>
  );
}

function Criteria({ comparison }: { comparison: EvalComparison }) {
  const words = useMessages().evals;
  const tag = useLocaleTag();
  const score = (value: number) => decimal(value, 3, tag);
  return (
    <Card title={words.criteria} isFlush>
      <Table
        label={words.criteria}
        rows={comparison.criteria}
        keyOf={(one) => one.testing_criteria}
        columns={[
          { head: words.name, cell: (one) => criterionName(one.testing_criteria) },
          { head: words.base, cell: ({ passing: { base } }) => <RateBar {...base} /> },
          { head: words.candidate, cell: ({ passing: { candidate } }) => <RateBar {...candidate} /> },
          {
            head: words.adjustedP,
            kind: "number",
            isWideOnly: true,
            cell: (one) => shortP(one.passing.adjusted_p_value, tag),
          },
          {
            head: words.meanScore,
            kind: "number",
            isWideOnly: true,
            cell: (one) => `${score(one.score.base)} → ${score(one.score.candidate)}`,
          },
          {
            head: words.verdict,
            kind: "tight",
            cell: (one) => {
              const verdict = one.passing.verdict === "cannot_tell" ? one.score.verdict : one.passing.verdict;
              return <Mark kind={MARKS[verdict]}>{words.verdicts[verdict]}</Mark>;
            },
          },
        ]}
      />
    </Card>
  );
}

function Flips({ comparison }: { comparison: EvalComparison }) {
  const words = useMessages().evals;
  const [flip, setFlip] = useState<"improved" | "regressed">(comparison.overall.flips.regressed > 0 ? "regressed" : "improved");
  const rows = comparison.flipped.filter((item) => item.flip === flip);
  const before = useQuery(previewQuery(comparison.eval_id, comparison.base_run_id)).data;
  const after = useQuery(previewQuery(comparison.eval_id, comparison.candidate_run_id)).data;
  return (
    <Card
      isFlush
      title={words.flips}
      actions={
        <Segments
          label={words.flips}
          options={[
            { name: "regressed", label: words.regressed },
            { name: "improved", label: words.improved },
          ]}
          current={flip}
          onChange={setFlip}
        />
      }
    >
      {rows.length === 0 ? (
        <Empty isSmall title={words.noFlips} />
      ) : (
        rows.map((item) => (
          <Flip
            key={item.candidate_item_id}
            item={item}
            comparison={comparison}
            before={before?.get(item.base_item_id)}
            after={after?.get(item.candidate_item_id)}
          />
        ))
      )}
    </Card>
  );
}

function Flip({
  item,
  comparison,
  before,
  after,
}: {
  item: EvalComparison["flipped"][number];
  comparison: EvalComparison;
  before: Item | undefined;
  after: Item | undefined;
}) {
  const words = useMessages().evals;
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={styles.item} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.summary}>
        <span className={styles.number}>{item.datasource_item_id + 1}</span>
        <span>
          <Mark kind={item.flip === "improved" ? "good" : "bad"}>{words[item.flip]}</Mark>
        </span>
        {after && <span className={styles.line}>{lastText(after.sample.input)}</span>}
        {before && after && (
          <span className={styles.line}>
            <span className={layout.quiet}>{lastText(before.sample.output)} →</span> {lastText(after.sample.output)}
          </span>
        )}
      </summary>
      {isOpen && (
        <div className={layout.halves}>
          <Side comparison={comparison} runId={comparison.base_run_id} itemId={item.base_item_id} />
          <Side comparison={comparison} runId={comparison.candidate_run_id} itemId={item.candidate_item_id} />
        </div>
      )}
    </details>
  );
}

function Side({ comparison, runId, itemId }: { comparison: EvalComparison; runId: string; itemId: string }) {
  const item = useQuery(itemQuery(comparison.eval_id, runId, itemId));
  return <Loaded query={item}>{(found) => <ItemDetail item={found} />}</Loaded>;
}
