/** The dataset editor: a file as a table of conversations, and one of them open to be changed. */

import { useQuery } from "@tanstack/react-query";
import { CopyMinus, Plus, Save } from "lucide-react";
import { useMemo, useState } from "react";
import { fileQuery } from "@/api/queries";
import { Button } from "@/components/controls/Button";
import { Segments } from "@/components/controls/Tabs";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Restored } from "@/components/layout/Restored";
import { Empty, Failed, Loading, Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { useDraft } from "@/lib/tab/useDraft";
import { blankLike, type Changes, countChanges, NO_CHANGES, restored, type RowKey, withoutLines, withoutRow, withText } from "./changes";
import styles from "./Editor.module.css";
import { ExampleEditor } from "./ExampleEditor";
import { blockQuery, duplicatesQuery, wholeLineQuery } from "./queries";
import { Rows } from "./Rows";
import { SaveChanges } from "./SaveChanges";

/** As the server has it: what a file that is edited may have. */
const MAX_MB = 64;

export function EditorPage({ id, line, onLine }: { id: string; line: number | undefined; onLine: (line: number | undefined) => void }) {
  const { files: words } = useMessages();
  const file = useQuery(fileQuery(id));
  const first = useQuery(blockQuery(id, 0));
  const crumb = { label: file.data?.filename ?? id, to: { to: "/files/$fileId" as const, params: { fileId: id } } };
  return (
    <Page title={words.editor.title} about={words.editor.about} crumb={crumb}>
      <Loaded query={file}>
        {(found) =>
          found.bytes > MAX_MB * 1024 ** 2 ? (
            <Notice kind="warning">{words.editor.tooLarge(String(MAX_MB))}</Notice>
          ) : (
            <Loaded query={first}>
              {(page) => (
                <Editor
                  id={id}
                  filename={found.filename}
                  total={page.total_lines}
                  sample={page.data[0]?.text ?? null}
                  line={line}
                  onLine={onLine}
                />
              )}
            </Loaded>
          )
        }
      </Loaded>
    </Page>
  );
}

type Filter = "all" | "changed" | "duplicates";

function Editor({
  id,
  filename,
  total,
  sample,
  line,
  onLine,
}: {
  id: string;
  filename: string;
  total: number;
  sample: string | null;
  line: number | undefined;
  onLine: (line: number | undefined) => void;
}) {
  const words = useMessages().files.editor;
  const tag = useLocaleTag();
  const draft = useDraft<Changes>(`edit.${id}`, NO_CHANGES);
  const changes = draft.value;
  const [filter, setFilter] = useState<Filter>("all");
  const [added, setAdded] = useState<number | null>(null);
  const [isSaving, setSaving] = useState(false);
  const repeated = useQuery({ ...duplicatesQuery(id), enabled: filter === "duplicates" });
  const repeats = useMemo(() => new Map(repeated.data?.data.map((one) => [one.line, one.first])), [repeated.data]);
  const lines = linesOf(filter, changes, repeats);
  const isWithAdded = filter !== "duplicates";
  const ofFile = lines?.length ?? total;
  const keyAt = (row: number): RowKey => (row < ofFile ? { line: lines?.[row] ?? row + 1 } : { added: row - ofFile });
  const open: RowKey | null = added !== null ? { added } : line !== undefined && line <= total ? { line } : null;
  const show = (row: RowKey) => {
    setAdded("added" in row ? row.added : null);
    onLine("line" in row ? row.line : undefined);
  };
  const n = countChanges(changes);
  const left = [...repeats.keys()].filter((one) => !changes.removed.includes(one));
  return (
    <div className={layout.stack}>
      <Restored
        isShown={draft.isRestored && n > 0}
        onDiscard={() => {
          draft.discard();
          setAdded(null);
        }}
      />
      <div className={layout.between}>
        <Segments
          label={words.filter}
          options={(["all", "changed", "duplicates"] as const).map((name) => ({ name, label: words.filters[name] }))}
          current={filter}
          onChange={setFilter}
        />
        <div className={layout.row}>
          <span className={layout.quiet} role="status">
            {words.changes(count(n, tag))}
          </span>
          <Button
            onClick={() => {
              draft.change({ appended: [...changes.appended, blankLike(sample)] });
              setFilter("all");
              show({ added: changes.appended.length });
            }}
          >
            <Plus /> {words.addExample}
          </Button>
          <Button kind="primary" disabled={n === 0} onClick={() => setSaving(true)}>
            <Save /> {words.save}
          </Button>
        </div>
      </div>
      {filter === "duplicates" && repeated.data && (
        <Notice kind={left.length > 0 ? "info" : "good"}>
          <span className={layout.row}>
            {left.length > 0 ? words.foundDuplicates(count(left.length, tag)) : words.noDuplicates}
            {left.length > 0 && (
              <Button size="small" onClick={() => draft.change(withoutLines(changes, left))}>
                <CopyMinus /> {words.dropDuplicates(count(left.length, tag))}
              </Button>
            )}
          </span>
        </Notice>
      )}
      <Problem error={repeated.error} />
      <div className={styles.panes} data-open={open !== null}>
        <Card isFlush>
          {filter === "duplicates" && repeated.isPending ? (
            <Loading />
          ) : (
            <Rows
              key={filter}
              fileId={id}
              rows={ofFile + (isWithAdded ? changes.appended.length : 0)}
              keyAt={keyAt}
              changes={changes}
              repeats={repeats}
              open={open}
              onOpen={show}
            />
          )}
        </Card>
        {open === null ? (
          <Card>
            <Empty title={words.nothingOpen}>{words.nothingOpenText}</Empty>
          </Card>
        ) : (
          <OpenRow
            key={"line" in open ? open.line : `+${open.added}`}
            id={id}
            row={open}
            changes={changes}
            onChanges={draft.change}
            onClose={() => {
              setAdded(null);
              onLine(undefined);
            }}
          />
        )}
      </div>
      {isSaving && (
        <SaveChanges
          id={id}
          filename={filename}
          sample={sample}
          changes={changes}
          onSaved={() => {
            draft.discard();
            setAdded(null);
          }}
          onClose={() => setSaving(false)}
        />
      )}
    </div>
  );
}

/** The lines that a filter shows; null for all of them. */
function linesOf(filter: Filter, changes: Changes, repeats: ReadonlyMap<number, number>): number[] | null {
  if (filter === "all") return null;
  if (filter === "duplicates") return [...repeats.keys()];
  return [...Object.keys(changes.replaced).map(Number), ...changes.removed].sort((one, other) => one - other);
}

function OpenRow({
  id,
  row,
  changes,
  onChanges,
  onClose,
}: {
  id: string;
  row: RowKey;
  changes: Changes;
  onChanges: (changes: Changes) => void;
  onClose: () => void;
}) {
  const words = useMessages().files.editor;
  const tag = useLocaleTag();
  const line = "line" in row ? row.line : null;
  const before = useQuery({ ...wholeLineQuery(id, line ?? 1), enabled: line !== null });
  const stored = line === null ? "" : before.data;
  const text = "added" in row ? changes.appended[row.added] : (changes.replaced[row.line] ?? stored);
  if (before.isError && line !== null) return <Failed error={before.error} onRetry={() => void before.refetch()} />;
  if (text === undefined || stored === undefined) {
    return (
      <Card>
        <Loading />
      </Card>
    );
  }
  return (
    <ExampleEditor
      title={line === null ? words.newExample : words.line(count(line, tag))}
      text={text}
      isChanged={line !== null && changes.replaced[line] !== undefined}
      isRemoved={line !== null && changes.removed.includes(line)}
      onChange={(changed) => onChanges(withText(changes, row, changed, stored))}
      onRemove={() => {
        onChanges(withoutRow(changes, row));
        if (line === null) onClose();
      }}
      onRestore={line === null ? null : () => onChanges(restored(changes, line))}
      onClose={onClose}
    />
  );
}
