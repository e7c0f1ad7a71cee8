/** The validation data: none, a file, or a part of the training file. */

import type { UseQueryResult } from "@tanstack/react-query";
import type { FileSplitPlan } from "@/api/x";
import { TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { Segments } from "@/components/controls/Tabs";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { DataFile } from "./DataFile";
import { type Draft, holdOutsOf, splitOf } from "./draft";
import styles from "./JobForm.module.css";

export function ValidationData({
  draft,
  plan,
  error,
  onChange,
}: {
  draft: Draft;
  plan: UseQueryResult<FileSplitPlan | null>;
  error: string | null;
  onChange: (part: Partial<Draft>) => void;
}) {
  const words = useMessages().jobs.form;
  return (
    <div className={layout.stack}>
      <p className={layout.quiet}>{draft.method === "reinforcement" ? words.validationHintRewards : words.validationHint}</p>
      <div>
        <Segments
          label={words.validation}
          options={holdOutsOf(draft.method).map((name) => ({ name, label: words.holdOuts[name] }))}
          current={draft.holdOut}
          onChange={(holdOut) => onChange({ holdOut })}
        />
      </div>
      {draft.holdOut === "file" && (
        <DataFile
          label={words.validation}
          isCompact
          value={draft.validation}
          method={draft.method}
          error={error}
          onChange={(validation) => onChange({ validation })}
        />
      )}
      {draft.holdOut === "split" && <SplitSettings draft={draft} plan={plan} onChange={onChange} />}
    </div>
  );
}

function SplitSettings({
  draft,
  plan,
  onChange,
}: {
  draft: Draft;
  plan: UseQueryResult<FileSplitPlan | null>;
  onChange: (part: Partial<Draft>) => void;
}) {
  const words = useMessages().jobs.form;
  const tag = useLocaleTag();
  return (
    <>
      <div className={styles.share}>
        <TextField
          label={words.splitShare}
          inputMode="decimal"
          error={splitOf(draft) === null ? words.badShare : null}
          value={draft.percent}
          onChange={(event) => onChange({ percent: event.target.value })}
        />
      </div>
      {draft.training === null && <p className={layout.quiet}>{words.splitNeedsFile}</p>}
      {plan.isError ? (
        <Problem error={plan.error} />
      ) : (
        plan.data && (
          <Notice kind="good">
            {words.splitNumbers(count(plan.data.training_examples, tag), count(plan.data.validation_examples, tag))}{" "}
            {words.splitFair}
          </Notice>
        )
      )}
    </>
  );
}
