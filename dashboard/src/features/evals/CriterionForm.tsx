/** The form of one criterion, for each kind of grader its own fields. */

import { Field, SelectField, TextArea, TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { ModelPicker } from "@/components/controls/ModelPicker";
import { useMessages } from "@/i18n";
import { parseObject } from "@/lib/jsonl";
import { type Criterion, type Kind, KINDS, METRICS, OPERATIONS } from "./criteria";

interface Props {
  criterion: Criterion;
  onChange: (part: Partial<Criterion>) => void;
}

export function CriterionForm({ criterion, onChange }: Props) {
  const words = useMessages().evals;
  return (
    <div className={layout.stack}>
      <div className={layout.halves}>
        <SelectField
          label={words.kind}
          hint={words.kindHints[criterion.kind]}
          value={criterion.kind}
          onChange={(event) => onChange({ kind: event.target.value as Kind })}
        >
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {words.kinds[kind]}
            </option>
          ))}
        </SelectField>
        <TextField
          label={words.name}
          isOptional
          placeholder={criterion.kind}
          value={criterion.name}
          onChange={(event) => onChange({ name: event.target.value })}
        />
      </div>
      <Fields criterion={criterion} onChange={onChange} />
    </div>
  );
}

function Fields({ criterion, onChange }: Props) {
  const words = useMessages().evals;
  switch (criterion.kind) {
    case "string_check":
      return (
        <>
          <Texts criterion={criterion} onChange={onChange} />
          <SelectField
            label={words.operation}
            value={criterion.operation}
            onChange={(event) => onChange({ operation: event.target.value })}
          >
            {OPERATIONS.map((operation) => (
              <option key={operation} value={operation}>
                {words.operations[operation]}
              </option>
            ))}
          </SelectField>
        </>
      );
    case "text_similarity":
      return (
        <>
          <Texts criterion={criterion} onChange={onChange} />
          <div className={layout.halves}>
            <SelectField
              label={words.metric}
              value={criterion.metric}
              onChange={(event) => onChange({ metric: event.target.value })}
            >
              {METRICS.map((metric) => (
                <option key={metric} value={metric}>
                  {metric}
                </option>
              ))}
            </SelectField>
            <Threshold criterion={criterion} onChange={onChange} />
          </div>
        </>
      );
    case "label_model":
      return (
        <>
          <Judge criterion={criterion} onChange={onChange} />
          <div className={layout.halves}>
            <TextField
              label={words.labels}
              hint={words.commas}
              value={criterion.labels}
              onChange={(event) => onChange({ labels: event.target.value })}
            />
            <TextField
              label={words.passingLabels}
              value={criterion.passing}
              onChange={(event) => onChange({ passing: event.target.value })}
            />
          </div>
        </>
      );
    case "score_model":
      return (
        <>
          <Judge criterion={criterion} onChange={onChange} />
          <div className={layout.thirds}>
            <TextField
              label={words.lowest}
              inputMode="decimal"
              value={criterion.low}
              onChange={(event) => onChange({ low: event.target.value })}
            />
            <TextField
              label={words.highest}
              inputMode="decimal"
              value={criterion.high}
              onChange={(event) => onChange({ high: event.target.value })}
            />
            <Threshold criterion={criterion} onChange={onChange} />
          </div>
        </>
      );
    case "python":
      return (
        <>
          <TextArea
            label={words.source}
            hint={words.sourceHint}
            isCode
            rows={7}
            spellCheck={false}
            value={criterion.source}
            onChange={(event) => onChange({ source: event.target.value })}
          />
          <Threshold criterion={criterion} onChange={onChange} />
        </>
      );
    case "multi":
      return (
        <>
          <TextArea
            label={words.graders}
            hint={words.gradersHint}
            error={parseObject(criterion.graders) === null ? words.badJson : null}
            isCode
            rows={9}
            spellCheck={false}
            value={criterion.graders}
            onChange={(event) => onChange({ graders: event.target.value })}
          />
          <div className={layout.halves}>
            <TextField
              label={words.formula}
              hint={words.formulaHint}
              isCode
              value={criterion.formula}
              onChange={(event) => onChange({ formula: event.target.value })}
            />
            <Threshold criterion={criterion} onChange={onChange} />
          </div>
        </>
      );
  }
}

function Texts({ criterion, onChange }: Props) {
  const words = useMessages().evals;
  return (
    <div className={layout.halves}>
      <TextField
        label={words.input}
        hint={words.inputHint}
        isCode
        value={criterion.input}
        onChange={(event) => onChange({ input: event.target.value })}
      />
      <TextField
        label={words.reference}
        isCode
        value={criterion.reference}
        onChange={(event) => onChange({ reference: event.target.value })}
      />
    </div>
  );
}

function Judge({ criterion, onChange }: Props) {
  const words = useMessages().evals;
  return (
    <>
      <Field label={words.judge}>
        {() => <ModelPicker label={words.judge} value={criterion.model} onChange={(model) => onChange({ model })} />}
      </Field>
      <TextArea
        label={words.prompt}
        rows={5}
        value={criterion.prompt}
        onChange={(event) => onChange({ prompt: event.target.value })}
      />
    </>
  );
}

function Threshold({ criterion, onChange }: Props) {
  const words = useMessages().evals;
  return (
    <TextField
      label={words.threshold}
      hint={words.thresholdHint}
      inputMode="decimal"
      value={criterion.threshold}
      onChange={(event) => onChange({ threshold: event.target.value })}
    />
  );
}
