/** The form of a distillation, with a preview of what would be learned. */

import { useErrorText } from "@/api/errorText";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { paramOf } from "@/api/client";
import { modelsQuery } from "@/api/queries";
import { type NewDistillation as Request, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Switch } from "@/components/controls/Field";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Page } from "@/components/layout/Page";
import { Failed, Loading, Notice, Problem } from "@/components/layout/States";
import { Restored } from "@/components/layout/Restored";
import { useDraft } from "@/lib/tab/useDraft";
import { useMessages } from "@/i18n";
import { groupModels } from "@/lib/models";
import type { StoredFilter } from "@/lib/storedFilter";
import { type Draft, EMPTY, type FieldName, fieldOf, keepIfOf, requestOf, selectionOf } from "./draft";
import { MethodFields } from "./MethodFields";
import { Preview } from "./Preview";
import { previewQuery } from "./queries";
import { SourceFields } from "./SourceFields";
import { StudentFields } from "./StudentFields";

export interface Prefill extends StoredFilter {
  kind?: Draft["source"] | undefined;
  /** Of stored answers, with commas between them. */
  ids?: string | undefined;
}

interface GraderField {
  /** As the API takes it. */
  value: object;
  form: ReactNode;
}

const USUAL_BASE = "understudy-mini";

export function NewDistillation({ prefill, grader }: { prefill: Prefill; grader: GraderField }) {
  const { distillations: words, common } = useMessages();
  const models = useQuery(modelsQuery);
  return (
    <Page title={words.form.title} crumb={{ label: common.nav.distillations, to: { to: "/distillations" } }}>
      {models.data ? (
        <Form initial={prefilled(prefill, models.data)} grader={grader} key={JSON.stringify(prefill)} name={JSON.stringify(prefill)} />
      ) : (
        <Card>{models.isError ? <Failed error={models.error} onRetry={() => void models.refetch()} /> : <Loading />}</Card>
      )}
    </Page>
  );
}

function Form({ initial, grader, name }: { initial: Draft; grader: GraderField; /** Under which the draft is kept. */ name: string }) {
  const words = useMessages().distillations;
  const kept = useDraft(`distillation ${name}`, initial);
  const { value: draft, change } = kept;
  const start = useStart(kept.forget);
  const textOf = useErrorText();
  const request = requestOf(draft, grader.value);
  const about = (field: FieldName) => (fieldOf(paramOf(start.error)) === field ? textOf(start.error) : null);
  return (
    <form
      className={layout.stack}
      onSubmit={(event) => {
        event.preventDefault();
        if (request !== null) start.mutate(request);
      }}
    >
      <Restored isShown={kept.isRestored} onDiscard={kept.discard} />
      <Card title={words.form.answers}>
        <SourceFields draft={draft} about={about} onChange={change} />
      </Card>
      <Card title={words.form.selection}>
        <Selection draft={draft} grader={grader} onChange={change} />
      </Card>
      <PreviewCard draft={draft} />
      <Card title={words.form.method}>
        <MethodFields draft={draft} about={about} onChange={change} />
      </Card>
      <Card title={words.form.training}>
        <StudentFields draft={draft} about={about} onChange={change} />
      </Card>
      {fieldOf(paramOf(start.error)) === undefined && <Problem error={start.error} />}
      <div className={layout.end}>
        <Button type="submit" kind="primary" disabled={request === null || start.isPending}>
          {start.isPending ? words.form.starting : words.form.start}
        </Button>
      </div>
    </form>
  );
}

function Selection({
  draft,
  grader,
  onChange,
}: {
  draft: Draft;
  grader: GraderField;
  onChange: (part: Partial<Draft>) => void;
}) {
  const words = useMessages().distillations.form;
  return (
    <div className={layout.stack}>
      <Switch label={words.deduplicate} isOn={draft.deduplicate} onChange={(deduplicate) => onChange({ deduplicate })} />
      <Switch label={words.keepRefusals} isOn={draft.keepRefusals} onChange={(keepRefusals) => onChange({ keepRefusals })} />
      <Switch label={words.redact} isOn={draft.redact} onChange={(redact) => onChange({ redact })} />
      <Switch label={words.graded} isOn={draft.isGraded} onChange={(isGraded) => onChange({ isGraded })} />
      {draft.isGraded && (
        <>
          <p className={layout.quiet}>{words.gradedHint}</p>
          {grader.form}
          {keepIfOf(grader.value) === null && <Notice kind="warning">{words.needsThreshold}</Notice>}
        </>
      )}
    </div>
  );
}

/** Shown at once for what the form opens with, and after a change when it is asked for. */
function PreviewCard({ draft }: { draft: Draft }) {
  const words = useMessages().distillations.preview;
  const isStored = draft.source !== "questions";
  const wanted = isStored ? selectionOf(draft) : null;
  const [asked, setAsked] = useState(wanted);
  const preview = useQuery(previewQuery(isStored ? asked : null));
  const isOutdated = wanted !== null && JSON.stringify(wanted) !== JSON.stringify({ ...asked, student: draft.student });
  const look = () => {
    if (isOutdated) setAsked(wanted);
    else void preview.refetch();
  };
  return (
    <Card
      title={words.title}
      actions={
        isStored && (
          <Button size="small" disabled={wanted === null || preview.isFetching} onClick={look}>
            {words.run}
          </Button>
        )
      }
    >
      {!isStored && <p className={layout.quiet}>{words.notYet}</p>}
      {isStored && (
        <div className={layout.stack} aria-busy={preview.isFetching}>
          {asked !== null && isOutdated && !preview.isFetching && <Notice kind="info">{words.outdated}</Notice>}
          {preview.isError && <Problem error={preview.error} />}
          {preview.isFetching && <Loading />}
          {preview.data && !preview.isFetching && (
            <Preview
              preview={preview.data}
              kind={asked?.source !== undefined && areResponses(asked.source) ? "responses" : "completions"}
              isGraded={draft.isGraded}
            />
          )}
        </div>
      )}
    </Card>
  );
}

function areResponses(source: Request["source"]): boolean {
  return source.type === "responses" || (source.type === "selected" && source.ids[0]?.startsWith("resp_") === true);
}

/** `onStarted` is called before the page is left. */
function useStart(onStarted: () => void) {
  const navigate = useNavigate();
  const cache = useQueryClient();
  // A form that is sent again after its answer was lost must not start a second one.
  const [form] = useState(() => crypto.getRandomValues(new Uint32Array(4)).join("-"));
  return useMutation({
    mutationFn: (request: Request) => x.createDistillation(request, `${form} ${digest(JSON.stringify(request))}`),
    onSuccess: async (made) => {
      onStarted();
      await cache.invalidateQueries({ queryKey: ["distillations", "list"] });
      await navigate({ to: "/distillations/$distillationId", params: { distillationId: made.id } });
    },
  });
}

/** A number for a text, since a header takes neither long nor foreign texts. */
function digest(text: string): string {
  let hash = 0;
  for (const letter of text) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0;
  return (hash >>> 0).toString(16);
}

function prefilled(prefill: Prefill, models: readonly { id: string; created: number }[]): Draft {
  const bases = groupModels(models, "").find((group) => group.kind === "bases")?.names ?? [];
  return {
    ...EMPTY,
    source: prefill.kind ?? "completions",
    teacher: prefill.model ?? "",
    metadata: prefill.metadata ?? "",
    from: prefill.from ?? "",
    to: prefill.to ?? "",
    ids: prefill.ids?.split(",").filter((id) => id !== "") ?? [],
    student: bases.includes(USUAL_BASE) ? USUAL_BASE : (bases[0] ?? ""),
  };
}
