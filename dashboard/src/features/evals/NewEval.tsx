/** A new eval: what its data look like, and what a good answer is. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { Button, IconButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Restored } from "@/components/layout/Restored";
import { Problem } from "@/components/layout/States";
import { useDraft } from "@/lib/tab/useDraft";
import { useMessages } from "@/i18n";
import { type EvalSource, type SourceWish, sourceQuery, startRuns } from "./evalSource";
import { SourceCard } from "./SourceCard";
import { CriterionForm } from "./CriterionForm";
import { type Criterion, fieldNames, NEW, schemaOf, wireOf, withRenamedFields } from "./criteria";

interface EvalDraft {
  name: string;
  /** As typed. */
  fields: string;
  criteria: readonly Criterion[];
}

const EMPTY: EvalDraft = { name: "", fields: "question, answer", criteria: [NEW] };

/** Empty, or as a file suggests it. */
export function NewEval({ wish }: { wish: SourceWish }) {
  const { evals: words, common } = useMessages();
  const isFromFile = wish.file !== undefined || wish.job !== undefined;
  const source = useQuery({ ...sourceQuery(wish, words.fromFile), enabled: isFromFile });
  return (
    <Page title={words.newTitle} crumb={{ label: common.nav.evals, to: { to: "/evals" } }}>
      {isFromFile ? (
        <Loaded query={source}>{(found) => <EvalForm source={found} name={`eval ${JSON.stringify(wish)}`} />}</Loaded>
      ) : (
        <EvalForm source={null} name="eval" />
      )}
    </Page>
  );
}

function EvalForm({ source, name: draftName }: { source: EvalSource | null; /** Under which the draft is kept. */ name: string }) {
  const words = useMessages().evals;
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [initial] = useState<EvalDraft>(() => (source === null ? EMPTY : draftOf(source)));
  const [models, setModels] = useState(source?.models ?? []);
  const kept = useDraft(draftName, initial);
  const { name, fields, criteria } = kept.value;
  const setCriteria = (criteria: readonly Criterion[]) => kept.change({ criteria });
  // What the criteria go by: they follow when a field has got its whole new name.
  const [named, setNamed] = useState(fields);
  const renameFields = () => {
    if (fieldNames(fields).length === 0) return;
    setCriteria(withRenamedFields(criteria, named, fields));
    setNamed(fields);
  };
  const creation = useMutation({
    mutationFn: async () => {
      const made = await api().evals.create({
        ...(name.trim() !== "" && { name: name.trim() }),
        data_source_config: { type: "custom", item_schema: schemaOf(fields), include_sample_schema: true },
        testing_criteria: criteria.map(wireOf),
      });
      if (source !== null && models.length > 0) await startRuns(made.id, source, models, fieldNames(fields));
      return made;
    },
    onSuccess: async (made) => {
      kept.forget();
      await cache.invalidateQueries({ queryKey: ["evals"] });
      await navigate({ to: "/evals/$evalId", params: { evalId: made.id } });
    },
  });
  return (
    <form
      className={layout.stack}
      onSubmit={(event) => {
        event.preventDefault();
        creation.mutate();
      }}
    >
      <Restored isShown={kept.isRestored} onDiscard={() => { kept.discard(); setNamed(initial.fields); }} />
      {source !== null && <SourceCard source={source} models={models} onModels={setModels} />}
      <Card>
        <div className={layout.halves}>
          <TextField label={words.name} isOptional value={name} onChange={(event) => kept.change({ name: event.target.value })} />
          <TextField
            label={words.fields}
            hint={words.fieldsHint}
            isCode
            value={fields}
            error={fieldNames(fields).length === 0 ? words.noFields : null}
            onChange={(event) => kept.change({ fields: event.target.value })}
            onBlur={renameFields}
          />
        </div>
      </Card>
      {criteria.map((criterion, at) => (
        <Card
          key={at}
          title={words.criterion(at + 1)}
          actions={
            criteria.length > 1 && (
              <IconButton
                size="small"
                label={words.removeCriterion}
                onClick={() => setCriteria(criteria.filter((_, other) => other !== at))}
              >
                <X />
              </IconButton>
            )
          }
        >
          <CriterionForm
            criterion={criterion}
            onChange={(part) => setCriteria(criteria.with(at, { ...criterion, ...part }))}
          />
        </Card>
      ))}
      <div>
        <Button onClick={() => setCriteria([...criteria, NEW])}>
          <Plus /> {words.addCriterion}
        </Button>
      </div>
      <Problem error={creation.error} />
      <div className={layout.end}>
        <Button type="submit" kind="primary" disabled={creation.isPending}>
          {words.createEval}
        </Button>
      </div>
    </form>
  );
}

function draftOf({ fileName, proposal }: EvalSource): EvalDraft {
  return { name: fileName.replace(/\.jsonl$/, ""), fields: proposal.fields, criteria: proposal.criteria };
}
