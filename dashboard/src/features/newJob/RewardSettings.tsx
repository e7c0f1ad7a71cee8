/** What a reinforcement job is rewarded for: its grader, the form of answers, and who only watches. */

import { SelectField, TextArea, TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import { parseObject } from "@/lib/jsonl";
import { type Draft, EFFORTS, type Effort } from "./draft";
import { GRADERS } from "./graderExamples";
import styles from "./JobForm.module.css";

interface Props {
  draft: Draft;
  /** The server's complaint about a parameter. */
  about: (param: string) => string | null;
  onChange: (part: Partial<Draft>) => void;
}

export function Rewards({ draft, about, onChange }: Props) {
  const words = useMessages().jobs.form;
  const complaint = (text: string, param: string) =>
    text.trim() !== "" && parseObject(text) === null ? words.badJson : about(param);
  return (
    <>
      <SelectField
        label={words.graderExample}
        value=""
        onChange={(event) => {
          const examples: Partial<Record<string, object>> = GRADERS;
          const example = examples[event.target.value];
          if (example !== undefined) onChange({ grader: JSON.stringify(example, null, 2) });
        }}
      >
        <option value="">{words.graderExamplePick}</option>
        {Object.keys(GRADERS).map((type) => (
          <option key={type} value={type}>
            {type}
          </option>
        ))}
      </SelectField>
      <TextArea
        label={words.grader}
        hint={words.graderHint}
        error={complaint(draft.grader, "grader")}
        isCode
        rows={8}
        value={draft.grader}
        onChange={(event) => onChange({ grader: event.target.value })}
      />
      <TextArea
        label={words.shadowGrader}
        isOptional
        hint={words.shadowGraderHint}
        error={complaint(draft.shadowGrader, "shadow_grader")}
        isCode
        rows={3}
        value={draft.shadowGrader}
        onChange={(event) => onChange({ shadowGrader: event.target.value })}
      />
      <TextArea
        label={words.responseFormat}
        isOptional
        hint={words.responseFormatHint}
        error={complaint(draft.responseFormat, "response_format")}
        isCode
        rows={3}
        value={draft.responseFormat}
        onChange={(event) => onChange({ responseFormat: event.target.value })}
      />
      <label className={layout.row}>
        <input
          type="checkbox"
          checked={draft.hasPreflight}
          onChange={(event) => onChange({ hasPreflight: event.target.checked })}
        />
        {words.preflight}
      </label>
    </>
  );
}

export function RewardNumbers({ draft, about, onChange }: Props) {
  const words = useMessages().jobs.form;
  const fields = [
    ["computeMultiplier", "compute_multiplier", "decimal"],
    ["evalInterval", "eval_interval", "numeric"],
    ["evalSamples", "eval_samples", "numeric"],
    ["maxTokens", "max_completion_tokens", "numeric"],
  ] as const;
  return (
    <div className={styles.numbers}>
      {fields.map(([field, name, inputMode]) => (
        <TextField
          key={name}
          label={words[field]}
          placeholder="auto"
          inputMode={inputMode}
          error={about(name)}
          value={draft[field]}
          onChange={(event) => onChange({ [field]: event.target.value })}
        />
      ))}
      <SelectField
        label={words.effort}
        error={about("reasoning_effort")}
        value={draft.effort}
        onChange={(event) => onChange({ effort: event.target.value as Effort })}
      >
        {EFFORTS.map((effort) => (
          <option key={effort} value={effort}>
            {words.efforts[effort]}
          </option>
        ))}
      </SelectField>
    </div>
  );
}
