/** What was changed, in words, and the new file that it makes, with the reports of before and after. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { modelsQuery, reportQuery } from "@/api/queries";
import { type FileReport, type MethodName, x } from "@/api/x";
import { Button, LinkButton } from "@/components/controls/Button";
import { TextField } from "@/components/controls/Field";
import { Table } from "@/components/display/Table";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Loading, Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { groupModels } from "@/lib/models";
import { type Changes, editOf, methodOf } from "./changes";
import { faultOf } from "./example";

export function SaveChanges({
  id,
  filename,
  sample,
  changes: given,
  onSaved,
  onClose,
}: {
  id: string;
  filename: string;
  /** A line of the file, which shows what it is for. */
  sample: string | null;
  changes: Changes;
  /** The draft is no longer needed. */
  onSaved: () => void;
  onClose: () => void;
}) {
  const { files, common } = useMessages();
  const words = files.editor;
  const tag = useLocaleTag();
  // What was saved is still shown when the draft is gone.
  const [changes] = useState(given);
  const cache = useQueryClient();
  const [name, setName] = useState(() => editedName(filename));
  const method = methodOf(Object.values(changes.replaced)[0] ?? sample ?? changes.appended[0] ?? "");
  // A second click on the same changes is the same request; other changes are another.
  const wish = JSON.stringify([changes, name]);
  const attempt = useRef({ wish: "", key: "" });
  const saving = useMutation({
    mutationFn: () => {
      if (attempt.current.wish !== wish) attempt.current = { wish, key: crypto.randomUUID() };
      return x.editFile(id, editOf(changes, method, name.trim()), attempt.current.key);
    },
    onSuccess: () => {
      onSaved();
      return cache.invalidateQueries({ queryKey: ["files", "list"] });
    },
  });
  const faults = faultsOf(changes);
  const counts = {
    replaced: Object.keys(changes.replaced).length,
    removed: changes.removed.length,
    appended: changes.appended.length,
  };
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.save} about={words.saveAbout} isWide>
      <ul>
        {(["replaced", "removed", "appended"] as const).map(
          (what) => counts[what] > 0 && <li key={what}>{words.done[what](count(counts[what], tag))}</li>,
        )}
      </ul>
      {faults.map((where) => (
        <Notice key={where} kind="error">
          {where === "+" ? words.newExample : words.line(where)}
          {files.colon}
          {words.unfinished}
        </Notice>
      ))}
      {saving.data === undefined && (
        <TextField label={words.newName} value={name} onChange={(event) => setName(event.target.value)} />
      )}
      <Problem error={saving.error} />
      {saving.data && (
        <>
          <Notice kind="good">{words.saved(saving.data.edited_file.filename)}</Notice>
          <BeforeAndAfter before={id} after={saving.data.edited_file.id} method={method} />
        </>
      )}
      <div className={layout.end}>
        <Button onClick={onClose}>{common.close}</Button>
        {saving.data ? (
          <>
            <LinkButton to="/files/$fileId" params={{ fileId: saving.data.edited_file.id }} search={{ tab: "report" }}>
              {words.openNew}
            </LinkButton>
            <LinkButton kind="primary" to="/fine-tuning/new" search={{ file: saving.data.edited_file.id }}>
              {files.tune}
            </LinkButton>
          </>
        ) : (
          <Button
            kind="primary"
            disabled={saving.isPending || faults.length > 0 || name.trim() === ""}
            onClick={() => saving.mutate()}
          >
            {saving.isPending ? words.saving : common.save}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function BeforeAndAfter({ before, after, method }: { before: string; after: string; method: MethodName }) {
  const { files } = useMessages();
  const words = files.editor;
  const tag = useLocaleTag();
  const models = useQuery(modelsQuery).data ?? [];
  const model = groupModels(models, "")[0]?.names[0] ?? "";
  const first = useQuery(reportQuery(before, model, method));
  // One after the other: the server makes only two reports at once, for everybody.
  const second = useQuery({ ...reportQuery(after, model, method), enabled: model !== "" && !first.isPending });
  if (first.isError || second.isError) return <Problem error={first.error ?? second.error} />;
  if (!first.data || !second.data) return <Loading lines={2} />;
  const [old, made] = [first.data, second.data];
  const rows: { name: string; of: (judged: FileReport) => number }[] = [
    { name: files.report.examples, of: (judged) => judged.report.examples },
    { name: words.errors, of: (judged) => judged.report.errors.length },
    { name: files.report.advice, of: (judged) => judged.report.advice.length },
  ];
  return (
    <Table
      label={words.reports}
      rows={rows}
      keyOf={(row) => row.name}
      columns={[
        { head: words.reports, cell: (row) => row.name },
        { head: words.before, kind: "number", cell: (row) => count(row.of(old), tag) },
        { head: words.after, kind: "number", cell: (row) => count(row.of(made), tag) },
      ]}
    />
  );
}

/** The lines that are not finished; "+" stands for an added example. */
function faultsOf(changes: Changes): string[] {
  const lines = Object.entries(changes.replaced).filter(([, text]) => faultOf(text) !== null);
  const isAddedFaulty = changes.appended.some((text) => faultOf(text) !== null);
  return [...lines.map(([line]) => line), ...(isAddedFaulty ? ["+"] : [])];
}

function editedName(filename: string): string {
  return `${filename.replace(/\.[^.]*$/, "").replace(/\.edited$/, "")}.edited.jsonl`;
}
