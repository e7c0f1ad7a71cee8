/** What was read from the file of a new eval, and which models are asked at once. */

import { useQuery } from "@tanstack/react-query";
import { modelsQuery } from "@/api/queries";
import { Card, Facts } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { chatGroups } from "@/lib/models";
import type { EvalSource } from "./evalSource";

/** Besides those of the job. */
const MAX_OFFERED = 6;

export function SourceCard({
  source,
  models,
  onModels,
}: {
  source: EvalSource;
  models: readonly string[];
  onModels: (models: readonly string[]) => void;
}) {
  const words = useMessages().evals.fromFile;
  const tag = useLocaleTag();
  const known = chatGroups(useQuery(modelsQuery).data ?? [], "").filter(({ kind }) => kind === "bases" || kind === "tuned");
  const offered = [...new Set([...source.models, ...known.flatMap((group) => group.names.slice(0, MAX_OFFERED / 2))])];
  const toggle = (name: string, isOn: boolean) => onModels(isOn ? [...models, name] : models.filter((other) => other !== name));
  return (
    <Card title={words.title}>
      <div className={layout.stack}>
        <Facts
          facts={[
            [words.file, source.fileName],
            [words.rows, count(source.proposal.rows.length, tag)],
            [words.answers, words.kinds[source.proposal.kind]],
            [words.tools, source.proposal.tools.length > 0 && count(source.proposal.tools.length, tag)],
          ]}
        />
        {source.isSeen && <Notice kind="warning">{words.seen}</Notice>}
        <fieldset className={layout.tight} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
          <legend>{words.models}</legend>
          {offered.map((name) => (
            <label key={name} className={layout.row}>
              <input type="checkbox" checked={models.includes(name)} onChange={(event) => toggle(name, event.target.checked)} />
              <span className={layout.mono}>{name}</span>
            </label>
          ))}
        </fieldset>
      </div>
    </Card>
  );
}
