/** The report of a file for a model and a method that are chosen here. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { modelsQuery, reportQuery } from "@/api/queries";
import type { MethodName } from "@/api/x";
import { Card } from "@/components/layout/Card";
import { Field } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { ModelPicker } from "@/components/controls/ModelPicker";
import { ReportView } from "@/components/report/ReportView";
import { Segments } from "@/components/controls/Tabs";
import { useMessages } from "@/i18n";
import { groupModels } from "@/lib/models";
import type { FileChoice } from "./FilePage";

const METHODS: readonly MethodName[] = ["supervised", "dpo", "reinforcement"];

export function ReportTab({ id, choice, onChoice }: { id: string; choice: FileChoice; onChoice: (choice: FileChoice) => void }) {
  const { files: words, jobs } = useMessages();
  const navigate = useNavigate();
  const onRepaired = (fileId: string) =>
    void navigate({ to: "/files/$fileId", params: { fileId }, search: { ...choice, tab: "report", line: undefined } });
  const models = useQuery(modelsQuery).data ?? [];
  const model = choice.model ?? groupModels(models, "")[0]?.names[0] ?? "";
  const method = choice.method ?? "supervised";
  const report = useQuery(reportQuery(id, model, method));
  return (
    <div className={layout.stack}>
      <div className={layout.halves}>
        <Field label={words.reportModel}>
          {() => <ModelPicker label={words.reportModel} value={model} onChange={(name) => onChoice({ ...choice, model: name })} />}
        </Field>
        <Field label={words.method}>
          {() => (
            <div>
              <Segments
                label={words.method}
                options={METHODS.map((name) => ({ name, label: jobs.form.methods[name] }))}
                current={method}
                onChange={(name) => onChoice({ ...choice, method: name === "supervised" ? undefined : name })}
              />
            </div>
          )}
        </Field>
      </div>
      <Card>
        <Loaded query={report}>{(judged) => <ReportView report={judged} method={method} hasLinks onRepaired={onRepaired} />}</Loaded>
      </Card>
    </div>
  );
}
