/** Starts a run: model, prompt template and data. */

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "@/api/client";
import { filesQuery, modelsQuery } from "@/api/queries";
import { Button } from "@/components/controls/Button";
import { Dialog } from "@/components/layout/Dialog";
import { Field, SelectField, Switch, TextArea, TextField } from "@/components/controls/Field";
import { FileDrop } from "@/components/controls/FileDrop";
import layout from "@/components/layout/layout.module.css";
import { ModelPicker } from "@/components/controls/ModelPicker";
import { Problem } from "@/components/layout/States";
import { Segments } from "@/components/controls/Tabs";
import { useMessages } from "@/i18n";
import { Restored } from "@/components/layout/Restored";
import { firstChoice } from "@/lib/models";
import { useDraft } from "@/lib/tab/useDraft";
import type { Eval } from "./queries";
import { NEW_RUN, readRows, type RunDraft, runRequest } from "./runRequest";

export function NewRun({ owner, onClose }: { owner: Eval; onClose: () => void }) {
  const { evals: words, common } = useMessages();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const models = useQuery(modelsQuery).data ?? [];
  const [initial] = useState<RunDraft>(() => ({ ...NEW_RUN, user: `{{ item.${firstField(owner)} }}` }));
  const kept = useDraft(`run ${owner.id}`, initial);
  const { value: draft, change } = kept;
  const [asksModel, setAsksModel] = useState(true);
  const model = draft.model || firstChoice(models);
  const start = useMutation({
    mutationFn: () => api().evals.runs.create(owner.id, runRequest({ ...draft, model: asksModel ? model : "" })),
    onSuccess: async (run) => {
      kept.forget();
      await cache.invalidateQueries({ queryKey: ["evals", owner.id, "runs"] });
      await navigate({ to: "/evals/$evalId/runs/$runId", params: { evalId: owner.id, runId: run.id } });
    },
  });
  const rows = readRows(draft.rows);
  const hasData = draft.source === "file" ? draft.file !== "" : rows !== null && rows.length > 0;
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.newRun} about={words.newRunAbout} isWide>
      <form
        className={layout.stack}
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate();
        }}
      >
        <Restored isShown={kept.isRestored} onDiscard={kept.discard} />
        <Switch label={words.asksModel} isOn={asksModel} onChange={setAsksModel} />
        {asksModel && (
          <>
            <Field label={words.model}>
              {() => <ModelPicker label={words.model} value={model} onChange={(name) => change({ model: name })} />}
            </Field>
            <div className={layout.halves}>
              <TextArea
                label={words.system}
                isOptional
                rows={3}
                value={draft.system}
                onChange={(event) => change({ system: event.target.value })}
              />
              <TextArea
                label={words.user}
                hint={words.userHint}
                isCode
                rows={3}
                value={draft.user}
                onChange={(event) => change({ user: event.target.value })}
              />
            </div>
            <div className={layout.halves}>
              <TextField
                label={words.temperature}
                inputMode="decimal"
                value={draft.temperature}
                onChange={(event) => change({ temperature: event.target.value })}
              />
              <TextField
                label={words.maxTokens}
                inputMode="numeric"
                value={draft.maxTokens}
                onChange={(event) => change({ maxTokens: event.target.value })}
              />
            </div>
            <TextField
              label={words.repeats}
              hint={words.repeatsHint}
              inputMode="numeric"
              value={draft.repeats}
              onChange={(event) => change({ repeats: event.target.value })}
            />
          </>
        )}
        <div>
          <Segments
            label={words.data}
            options={[
              { name: "rows", label: words.dataRows },
              { name: "file", label: words.dataFile },
            ]}
            current={draft.source}
            onChange={(source) => change({ source })}
          />
        </div>
        {draft.source === "rows" ? (
          <TextArea
            label={words.rows}
            hint={words.rowsHint}
            error={rows === null ? words.badRows : null}
            isCode
            rows={6}
            placeholder={'{"question": "…", "answer": "…"}'}
            value={draft.rows}
            onChange={(event) => change({ rows: event.target.value })}
          />
        ) : (
          <DataFile value={draft.file} onChange={(file) => change({ file })} />
        )}
        <Problem error={start.error} />
        <div className={layout.end}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" kind="primary" disabled={!hasData || start.isPending}>
            {words.start}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function DataFile({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { evals: words, files: fileWords } = useMessages();
  const cache = useQueryClient();
  const files = useInfiniteQuery(filesQuery("evals")).data?.pages.flatMap((page) => page.data) ?? [];
  const upload = useMutation({
    mutationFn: (file: File) => api().files.create({ file, purpose: "evals" }),
    onSuccess: async (file) => {
      await cache.invalidateQueries({ queryKey: ["files", "list"] });
      onChange(file.id);
    },
  });
  return (
    <div className={layout.stack}>
      <SelectField label={words.file} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">–</option>
        {files.map((file) => (
          <option key={file.id} value={file.id}>
            {file.filename} · {file.id}
          </option>
        ))}
      </SelectField>
      <FileDrop label={fileWords.upload} isCompact onFile={(file) => upload.mutate(file)}>
        {upload.isPending ? fileWords.uploading : fileWords.drop}
      </FileDrop>
      <Problem error={upload.error} />
    </div>
  );
}

/** The field of the data that a question is most likely made of: the first. */
function firstField(owner: Eval): string {
  const config = owner.data_source_config as { schema?: { properties?: { item?: { properties?: object } } } };
  return Object.keys(config.schema?.properties?.item?.properties ?? {})[0] ?? "question";
}
