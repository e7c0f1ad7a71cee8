/** Where the answers come from: stored ones that meet conditions, or a teacher that is asked. */

import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { modelsQuery } from "@/api/queries";
import { Field, TextArea, TextField } from "@/components/controls/Field";
import { ModelPicker } from "@/components/controls/ModelPicker";
import { Segments } from "@/components/controls/Tabs";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { type Draft, type FieldName, isPair, SOURCES } from "./draft";
import { QuestionsFile } from "./QuestionsFile";

interface Props {
  draft: Draft;
  about: (field: FieldName) => string | null;
  onChange: (part: Partial<Draft>) => void;
}

export function SourceFields({ draft, about, onChange }: Props) {
  const words = useMessages().distillations.form;
  return (
    <div className={layout.stack}>
      <div>
        <Segments
          label={words.source}
          options={SOURCES.filter((name) => name !== "selected" || draft.ids.length > 0).map((name) => ({ name, label: words.sources[name] }))}
          current={draft.source}
          onChange={(source) => onChange({ source })}
        />
      </div>
      <p className={layout.quiet}>{words.sourceHints[draft.source]}</p>
      {draft.source === "questions" && <Asked draft={draft} about={about} onChange={onChange} />}
      {draft.source === "selected" && <Selected draft={draft} about={about} />}
      {(draft.source === "completions" || draft.source === "responses") && (
        <Stored draft={draft} about={about} onChange={onChange} />
      )}
    </div>
  );
}

function Stored({ draft, about, onChange }: Props) {
  const words = useMessages().distillations.form;
  const modelsId = useId();
  const known = useQuery(modelsQuery).data ?? [];
  return (
    <>
      <div className={layout.halves}>
        <TextField
          label={words.teacher}
          isOptional
          hint={words.teacherHint}
          error={about("teacher")}
          list={modelsId}
          value={draft.teacher}
          onChange={(event) => onChange({ teacher: event.target.value })}
        />
        <TextField
          label={words.metadata}
          isOptional
          hint={words.metadataHint}
          error={isPair(draft.metadata) ? about("metadata") : words.badMetadata}
          value={draft.metadata}
          onChange={(event) => onChange({ metadata: event.target.value })}
        />
        <datalist id={modelsId}>
          {known.map((model) => (
            <option key={model.id} value={model.id} />
          ))}
        </datalist>
      </div>
      <div className={layout.thirds}>
        {(["from", "to"] as const).map((end) => (
          <TextField
            key={end}
            label={words[end]}
            isOptional
            type="date"
            value={draft[end]}
            onChange={(event) => onChange({ [end]: event.target.value })}
          />
        ))}
        <Limit hint={words.limitHint} draft={draft} about={about} onChange={onChange} />
      </div>
    </>
  );
}

function Selected({ draft, about }: Pick<Props, "draft" | "about">) {
  const words = useMessages().distillations.form;
  const tag = useLocaleTag();
  return (
    <>
      <p>{words.selectedCount(count(draft.ids.length, tag))}</p>
      {about("ids") !== null && <Notice kind="error">{about("ids")}</Notice>}
    </>
  );
}

function Asked({ draft, about, onChange }: Props) {
  const words = useMessages().distillations.form;
  return (
    <>
      <QuestionsFile value={draft.file} error={about("file")} onChange={(file) => onChange({ file })} />
      <div className={layout.halves}>
        <Field label={words.teacher} error={about("teacher")}>
          {() => <ModelPicker label={words.teacher} value={draft.teacher} onChange={(teacher) => onChange({ teacher })} />}
        </Field>
        <Limit hint={words.questionLimitHint} draft={draft} about={about} onChange={onChange} />
      </div>
      <TextArea
        label={words.instructions}
        isOptional
        hint={words.instructionsHint}
        error={about("instructions")}
        rows={5}
        value={draft.instructions}
        onChange={(event) => onChange({ instructions: event.target.value })}
      />
    </>
  );
}

function Limit({ hint, draft, about, onChange }: Props & { hint: string }) {
  const words = useMessages().distillations.form;
  return (
    <TextField
      label={words.limit}
      isOptional
      hint={hint}
      error={about("limit")}
      inputMode="numeric"
      value={draft.limit}
      onChange={(event) => onChange({ limit: event.target.value })}
    />
  );
}
