/** The report card of a job over pairs: whose sampled answers are better, and by whose judgement. */

import type { PreferenceCard } from "@/api/x";
import { RateBar } from "@/components/display/RateBar";
import { Table } from "@/components/display/Table";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, percent } from "@/lib/format";
import { Said } from "./Said";
import styles from "./ReportCard.module.css";

const LOOKS = { better: "good", worse: "error", cannot_tell: "info" } as const;

export function PreferenceGrades({ card }: { card: PreferenceCard }) {
  const words = useMessages().evals.card;
  const tag = useLocaleTag();
  const { win_rate: won, passing } = card;
  const total = won.wins + won.losses + won.ties;
  const rows = [
    {
      name: words.winRate,
      base: null,
      tuned: <RateBar passed={won.rate * total} total={total} interval={won.interval ?? undefined} />,
    },
    {
      name: card.judged_by === null ? words.closer : words.passes(card.judged_by),
      base: <RateBar {...passing.base} />,
      tuned: <RateBar {...passing.tuned} />,
    },
    ...(card.reward_accuracy === null
      ? []
      : [{ name: words.rewardAccuracy, base: null, tuned: percent(card.reward_accuracy, tag, 1) }]),
  ];
  const counts = words.winCounts(count(won.wins, tag), count(won.losses, tag), count(won.ties, tag));
  return (
    <>
      <div className={styles.verdict}>
        <Notice kind={LOOKS[won.verdict]}>
          <strong>{words.verdicts[won.verdict]}</strong> {counts}
        </Notice>
        <p className={layout.quiet}>{card.judged_by === null ? words.byCloseness : words.byGrader(card.judged_by)}</p>
      </div>
      <Table
        label={words.title}
        rows={rows}
        keyOf={(row) => row.name}
        columns={[
          { head: words.measure, cell: (row) => row.name },
          { head: words.startedFrom, cell: (row) => row.base ?? "–" },
          { head: words.tuned, cell: (row) => row.tuned },
        ]}
      />
      <div className={styles.samples}>
        <h3>{words.samples}</h3>
        {card.samples.map((sample) => (
          <div key={sample.line} className={styles.pair}>
            <p className={styles.question}>{sample.question}</p>
            <Said who={words.preferred} text={sample.preferred} />
            <Said who={words.nonPreferred} text={sample.non_preferred} />
            <Said who={words.startedFrom} text={sample.base} isRight={sample.winner === "base" || undefined} />
            <Said who={words.tuned} text={sample.tuned} isRight={sample.winner === "tuned" || undefined} />
          </div>
        ))}
      </div>
    </>
  );
}
