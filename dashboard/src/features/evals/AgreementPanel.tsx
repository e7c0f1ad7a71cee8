/** The graders of a run beside the labels that people gave its items. */

import { useQuery } from "@tanstack/react-query";
import type { CriterionAgreement } from "@/api/x";
import { Select } from "@/components/controls/Field";
import { Table } from "@/components/display/Table";
import { Card, Stats } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { useWorded } from "@/i18n/sentences";
import { count, decimal, percent } from "@/lib/format";
import { agreementQuery, criterionName, type Eval, itemFields } from "./queries";

const MAX_SHOWN = 30;

export function AgreementPanel({
  owner,
  runId,
  label,
  onLabel,
}: {
  owner: Eval;
  runId: string;
  label: string | undefined;
  onLabel: (label: string | undefined) => void;
}) {
  const words = useMessages().evals.agreement;
  const fields = itemFields(owner);
  if (fields.length === 0) return null;
  return (
    <Card
      title={words.title}
      actions={
        <Select label={words.field} value={label ?? ""} onChange={(event) => onLabel(event.target.value || undefined)}>
          <option value="">{words.choose}</option>
          {fields.map((field) => (
            <option key={field}>{field}</option>
          ))}
        </Select>
      }
    >
      {label === undefined ? <p>{words.about}</p> : <Found evalId={owner.id} runId={runId} label={label} />}
    </Card>
  );
}

function Found({ evalId, runId, label }: { evalId: string; runId: string; label: string }) {
  const words = useMessages().evals.agreement;
  const tag = useLocaleTag();
  return (
    <Loaded query={useQuery(agreementQuery(evalId, runId, label))}>
      {(found) => (
        <div className={layout.stack}>
          {found.unlabelled > 0 && <Notice kind="info">{words.unlabelled(count(found.unlabelled, tag))}</Notice>}
          {found.criteria.map((one) => (
            <Criterion key={one.testing_criteria} one={one} />
          ))}
        </div>
      )}
    </Loaded>
  );
}

function Criterion({ one }: { one: CriterionAgreement }) {
  const { evals } = useMessages();
  const words = evals.agreement;
  const say = useWorded();
  const tag = useLocaleTag();
  const number = (value: number) => decimal(value, 2, tag);
  return (
    <div className={layout.tight}>
      <strong>{criterionName(one.testing_criteria)}</strong>
      <p>{say(one.sentence, one.wording)}</p>
      <Stats
        stats={[
          {
            label: words.agreed,
            value: one.rate === null ? "–" : percent(one.rate, tag),
            note: evals.range(percent(one.interval.low, tag), percent(one.interval.high, tag)),
          },
          {
            label: words.kappa,
            value: one.kappa === null ? "–" : number(one.kappa),
            note: one.kappa_interval && evals.range(number(one.kappa_interval.low), number(one.kappa_interval.high)),
          },
          { label: evals.errored, value: count(one.errored, tag) },
        ]}
      />
      {one.disagreements.length > 0 && (
        <p>{words.disputed(one.disagreements.slice(0, MAX_SHOWN).map((item) => count(item.datasource_item_id + 1, tag)))}</p>
      )}
      <Table
        label={words.confusion}
        rows={one.labels.map((human, row) => ({ human, counts: one.confusion[row] ?? [] }))}
        keyOf={(row) => row.human}
        columns={[
          { head: words.people, cell: (row) => row.human },
          ...one.labels.map((label, column) => ({
            head: words.grader(label),
            kind: "number" as const,
            cell: (row: { counts: readonly number[] }) => count(row.counts[column] ?? 0, tag),
          })),
        ]}
      />
    </div>
  );
}
