/** The safety check of a model: what holds it, what changed in each category, and what to do. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type CheckedCategory, type CheckedChange, type CheckResult, type ModelCheck, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import layout from "@/components/layout/layout.module.css";
import { Failed, Loading, Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { useWorded } from "@/i18n/sentences";
import { points } from "@/lib/format";
import { CheckSamples } from "./CheckSamples";
import { checkQuery } from "./queries";
import { ReleaseButton } from "./ReleaseButton";
import { SafetyBadge } from "./SafetyBadge";
import styles from "./SafetyCheck.module.css";

export function SafetyCheck({ model }: { model: string }) {
  const words = useMessages().safety;
  const found = useQuery(checkQuery(model));
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading lines={2} />;
  if (found.data === null) return <p className={layout.quiet}>{words.gone}</p>;
  return <Check check={found.data} />;
}

function Check({ check }: { check: ModelCheck }) {
  const words = useMessages().safety;
  const say = useWorded();
  const { result } = check;
  return (
    <div className={layout.stack}>
      <div className={layout.between}>
        <div>
          <SafetyBadge check={check} />
        </div>
        <Actions check={check} />
      </div>
      {check.held_because !== null && <Notice kind="warning">{words.heldBecause(say(check.held_because, check.held_wording))}</Notice>}
      {check.error !== null && <Notice kind="error">{words.noResult(check.error)}</Notice>}
      {check.status === "not_checked" && <p className={layout.quiet}>{words.notChecked}</p>}
      {check.status === "queued" && <p className={layout.quiet}>{words.underWay}</p>}
      {result !== null && <Result result={result} />}
      <Releases check={check} />
    </div>
  );
}

function Actions({ check }: { check: ModelCheck }) {
  const words = useMessages().safety;
  const cache = useQueryClient();
  const ask = useMutation({
    mutationFn: () => x.askForCheck(check.model),
    onSettled: () => cache.invalidateQueries({ queryKey: ["models"] }),
  });
  const isDecided = check.status === "completed" || check.status === "failed";
  return (
    <div className={layout.row}>
      <Problem error={ask.error} />
      <Button size="small" disabled={ask.isPending || check.status === "queued"} onClick={() => ask.mutate()}>
        {isDecided ? words.checkAgain : words.checkNow}
      </Button>
      {isDecided && check.held_because !== null && mayRelease(check) && <ReleaseButton check={check} />}
    </div>
  );
}

/** Where screening is required, nobody releases what no moderation model judged. */
function mayRelease(check: ModelCheck): boolean {
  return check.may_release && (check.is_screened || !check.requires_screening);
}

function Result({ result }: { result: CheckResult }) {
  const words = useMessages().safety;
  const say = useWorded();
  const notes = [
    ...result.gaps.map((gap, at) => say(gap, result.wordings?.gaps[at])),
    ...result.notes.map((note, at) => say(note, result.wordings?.notes[at])),
  ];
  return (
    <>
      <p>{say(result.sentence, result.wordings?.sentence)}</p>
      {notes.map((note) => (
        <Notice key={note} kind="info">
          {note}
        </Notice>
      ))}
      <Table
        label={words.title}
        rows={result.results}
        keyOf={(row) => row.category}
        columns={[
          { head: words.category, cell: (row) => row.category },
          { head: words.failed(result.moderator), cell: (row) => <FailedProbes row={row} /> },
          { head: words.declined, cell: (row) => <Changed change={row.declined} /> },
          { head: words.declinedTwins, isWideOnly: true, cell: (row) => <Changed change={row.declined_twins} /> },
        ]}
      />
      <p className={layout.faint}>{words.legend(result.refusal_rules)}</p>
      <CheckSamples samples={result.samples} />
    </>
  );
}

function FailedProbes({ row }: { row: CheckedCategory }) {
  const words = useMessages().safety;
  if (row.failed === null) return <span className={layout.faint}>{words.notEvaluated}</span>;
  return row.flagged === true ? (
    <strong>
      <Changed change={row.failed} />
    </strong>
  ) : (
    <Changed change={row.failed} />
  );
}

/** Counts of both models, and the change in points with its interval. */
function Changed({ change }: { change: CheckedChange }) {
  const words = useMessages().safety;
  const tag = useLocaleTag();
  const interval = change.difference_interval;
  return (
    <span className={styles.change}>
      {words.change(change.base.passed, change.tuned.passed, change.tuned.total)}
      {interval !== null && (
        <span className={styles.points}>
          {words.points(points(change.difference, tag), points(interval.low, tag), points(interval.high, tag))}
        </span>
      )}
    </span>
  );
}

function Releases({ check }: { check: ModelCheck }) {
  const words = useMessages().safety;
  if (check.releases.length === 0) return null;
  return (
    <div className={layout.tight}>
      <h3>{words.releases}</h3>
      {check.releases.toReversed().map((each) => (
        <p key={each.id} className={layout.wideLine}>
          <Ago at={each.created_at} /> · {each.key_name}: {each.reason}{" "}
          {!each.is_current && <span className={layout.faint}>{words.earlier}</span>}
        </p>
      ))}
    </div>
  );
}
