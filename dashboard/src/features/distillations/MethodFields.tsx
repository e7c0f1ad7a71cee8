/** What is learned of the teacher: its answers, or how likely it finds each token. */

import { TextField } from "@/components/controls/Field";
import { Segments } from "@/components/controls/Tabs";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { type Draft, type FieldName, isMissingTeacher, METHODS } from "./draft";

interface Props {
  draft: Draft;
  about: (field: FieldName) => string | null;
  onChange: (part: Partial<Draft>) => void;
}

export function MethodFields({ draft, about, onChange }: Props) {
  const words = useMessages().distillations.form;
  const number = (name: "temperature" | "topK" | "mix" | "maxTokens", usual: string) => (
    <TextField
      label={words[name]}
      placeholder={usual}
      hint={words[`${name}Hint`]}
      error={about(name)}
      inputMode="decimal"
      value={draft[name]}
      onChange={(event) => onChange({ [name]: event.target.value })}
    />
  );
  return (
    <div className={layout.stack}>
      <div>
        <Segments
          label={words.method}
          options={METHODS.map((name) => ({ name, label: words.methods[name] }))}
          current={draft.method}
          onChange={(method) => onChange({ method })}
        />
      </div>
      <p className={layout.quiet}>{words.methodHints[draft.method]}</p>
      {isMissingTeacher(draft) && <Notice kind="warning">{words.needsTeacher}</Notice>}
      {draft.method === "probabilities" && (
        <div className={layout.thirds}>
          {number("temperature", "1")}
          {number("topK", "20")}
          {number("mix", "0")}
        </div>
      )}
      {draft.method === "on_policy" && <div className={layout.thirds}>{number("maxTokens", "256")}</div>}
    </div>
  );
}
