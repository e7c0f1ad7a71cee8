/** Stored completions of both APIs: filter, read, and turn into a dataset. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Database, GraduationCap, ScrollText, Upload } from "lucide-react";
import { useId, useState } from "react";
import { modelsQuery } from "@/api/queries";
import { CopyLink } from "@/components/display/Code";
import { Button, LinkButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { SearchInput } from "@/components/controls/Field";
import field from "@/components/controls/Field.module.css";
import layout from "@/components/layout/layout.module.css";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty } from "@/components/layout/States";
import { Tag } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Segments } from "@/components/controls/Tabs";
import { Ago } from "@/components/display/Time";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, took } from "@/lib/format";
import { useDebounced } from "@/lib/debounced";
import type { StoredFilter } from "@/lib/storedFilter";
import { LOG_KINDS, type LogEntry, type LogKind, logsQuery } from "./entries";
import { ImportLogs } from "./ImportLogs";
import styles from "./Logs.module.css";
import { MakeDataset } from "./MakeDataset";

const MAX_CHARACTERS = 160;
const DEBOUNCE_MS = 300;

export function Logs({
  kind,
  filter,
  onChange,
}: {
  kind: LogKind;
  filter: StoredFilter;
  onChange: (kind: LogKind, filter: StoredFilter) => void;
}) {
  const { logs: words, common } = useMessages();
  const tag = useLocaleTag();
  const modelsId = useId();
  const known = useQuery(modelsQuery).data ?? [];
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [isMaking, setMaking] = useState(false);
  const [isImporting, setImporting] = useState(false);
  // One request for the whole word, not one for each letter.
  const typed = { q: useDebounced(filter.q, DEBOUNCE_MS), model: useDebounced(filter.model, DEBOUNCE_MS), metadata: useDebounced(filter.metadata, DEBOUNCE_MS) };
  const logs = useInfiniteQuery(logsQuery(kind, { ...filter, ...typed }));
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const change = (part: StoredFilter) => onChange(kind, { ...filter, ...part });
  const toggle = (ids: readonly string[], isOn: boolean) =>
    setSelected((before) => new Set(isOn ? [...before, ...ids] : [...before].filter((id) => !ids.includes(id))));
  return (
    <Page
      title={common.nav.logs}
      about={words.about}
      actions={
        <>
          <CopyLink />
          <Button onClick={() => setImporting(true)}>
            <Upload /> {words.importing.open}
          </Button>
          <Button disabled={selected.size === 0} onClick={() => setMaking(true)}>
            <Database /> {words.makeDataset(count(selected.size, tag))}
          </Button>
          {/* A distillation knows no search in texts, so it would take what is not shown. */}
          {(selected.size > 0 || filter.q === undefined) && (
            <LinkButton
              kind="primary"
              to="/distillations/new"
              search={selected.size > 0 ? { kind: "selected", ids: [...selected].join(",") } : { kind, ...filter }}
            >
              <GraduationCap /> {selected.size > 0 ? words.distilSelected(count(selected.size, tag)) : words.distil}
            </LinkButton>
          )}
        </>
      }
    >
      <div className={layout.stack}>
        <div className={layout.row}>
          <Segments
            label={words.kind}
            options={LOG_KINDS.map((name) => ({ name, label: words.kinds[name] }))}
            current={kind}
            onChange={(next) => {
              setSelected(new Set());
              onChange(next, filter);
            }}
          />
        </div>
        <div className={layout.filters}>
          <SearchInput
            label={words.search}
            value={filter.q ?? ""}
            onChange={(event) => change({ q: event.target.value || undefined })}
          />
          <input
            className={field.control}
            aria-label={words.model}
            placeholder={words.model}
            list={modelsId}
            value={filter.model ?? ""}
            onChange={(event) => change({ model: event.target.value || undefined })}
          />
          <input
            className={field.control}
            aria-label={words.metadata}
            placeholder={words.metadata}
            value={filter.metadata ?? ""}
            onChange={(event) => change({ metadata: event.target.value || undefined })}
          />
          <datalist id={modelsId}>
            {known.map((model) => (
              <option key={model.id} value={model.id} />
            ))}
          </datalist>
          {(["from", "to"] as const).map((end) => (
            <label key={end} className={styles.date}>
              {words[end]}
              <input
                type="date"
                className={field.control}
                value={filter[end] ?? ""}
                onChange={(event) => change({ [end]: event.target.value || undefined })}
              />
            </label>
          ))}
        </div>
      </div>
      <Card isFlush>
        <Loaded query={logs} lines={6}>
          {(pages) => {
            const rows = pages.pages.flatMap((page) => page.data);
            if (rows.length === 0) {
              return (
                <Empty icon={ScrollText} title={isFiltered ? words.noMatch : words.none}>
                  {!isFiltered && words.noneText}
                </Empty>
              );
            }
            const ids = rows.map((entry) => entry.id);
            const hasAll = ids.every((id) => selected.has(id));
            return (
              <>
                <Table
                  label={common.nav.logs}
                  rows={rows}
                  keyOf={(entry) => entry.id}
                  isSelected={(entry) => selected.has(entry.id)}
                  columns={[
                    {
                      head: (
                        <input
                          type="checkbox"
                          aria-label={words.selectAll}
                          checked={hasAll}
                          onChange={() => toggle(ids, !hasAll)}
                        />
                      ),
                      kind: "tight",
                      cell: (entry) => (
                        <input
                          type="checkbox"
                          aria-label={`${words.select}: ${entry.id}`}
                          checked={selected.has(entry.id)}
                          onChange={() => toggle([entry.id], !selected.has(entry.id))}
                        />
                      ),
                    },
                    {
                      head: words.exchange,
                      cell: (entry: LogEntry) => (
                        <Link to="/logs/$kind/$logId" params={{ kind, logId: entry.id }}>
                          <span className={layout.quiet}>{short(entry.question)}</span>
                          <Named
                            name={short(entry.answer) || common.conversation.empty}
                            sub={<EntrySub entry={entry} />}
                          />
                        </Link>
                      ),
                    },
                    {
                      head: words.metadataHead,
                      isWideOnly: true,
                      cell: (entry) => (
                        <span className={layout.row}>
                          {Object.entries(entry.metadata).map(([key, value]) => (
                            <Tag key={key}>
                              {key}: {value}
                            </Tag>
                          ))}
                        </span>
                      ),
                    },
                    {
                      head: words.tokens,
                      kind: "number",
                      isWideOnly: true,
                      cell: (entry) => <Tokens entry={entry} />,
                    },
                    { head: words.created, kind: "tight", isWideOnly: true, cell: (entry) => <Ago at={entry.created} /> },
                  ]}
                />
                <MorePages query={logs} />
              </>
            );
          }}
        </Loaded>
      </Card>
      {isImporting && <ImportLogs onClose={() => setImporting(false)} />}
      {isMaking && <MakeDataset kind={kind} ids={[...selected]} onClose={() => setMaking(false)} />}
    </Page>
  );
}

function short(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

/** Which model, how long it took, and with what sampling. */
function EntrySub({ entry }: { entry: LogEntry }) {
  const tag = useLocaleTag();
  const parameters = entry.parameters.filter(([name]) => name === "temperature" || name === "seed");
  return [
    entry.model,
    ...(entry.seconds === null ? [] : [took(entry.seconds, tag)]),
    ...parameters.map(([name, value]) => `${name} ${value}`),
  ].join(" · ");
}

function Tokens({ entry }: { entry: LogEntry }) {
  const words = useMessages().logs;
  const tag = useLocaleTag();
  if (entry.tokens === null) return "–";
  return (
    <Named
      name={count(entry.tokens, tag)}
      sub={entry.split && words.split(count(entry.split.prompt, tag), count(entry.split.answer, tag))}
    />
  );
}
