/** All files, filtered by purpose, and the upload. */

import { useErrorText } from "@/api/errorText";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FileText, Upload } from "lucide-react";
import type { FileObject } from "openai/resources/files";
import { uploadTraining } from "@/api/uploads";
import { fileSearchQuery } from "@/api/queries";
import { Card } from "@/components/layout/Card";
import { SearchInput, Select } from "@/components/controls/Field";
import { FileDrop } from "@/components/controls/FileDrop";
import layout from "@/components/layout/layout.module.css";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty, Notice, Problem } from "@/components/layout/States";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { useLocaleTag, useMessages } from "@/i18n";
import { useDebounced } from "@/lib/debounced";
import { bytes } from "@/lib/format";

const DEBOUNCE_MS = 250;

const PURPOSES = ["fine-tune", "fine-tune-results", "evals", "batch", "batch_output"] as const;

export interface FileFilter {
  q?: string | undefined;
  purpose?: string | undefined;
}

export function FileList({ filter, onFilter }: { filter: FileFilter; onFilter: (filter: FileFilter) => void }) {
  const { q, purpose } = filter;
  const { files: words, common } = useMessages();
  const tag = useLocaleTag();
  const files = useInfiniteQuery(fileSearchQuery(useDebounced(q ?? "", DEBOUNCE_MS), purpose));
  const named: Record<string, string> = words.purposes;
  return (
    <Page title={words.title} about={words.about}>
      <div className={layout.stack}>
        <Uploader />
        <div className={layout.filters}>
          <SearchInput label={words.search} value={q ?? ""} onChange={(event) => onFilter({ ...filter, q: event.target.value || undefined })} />
          <Select
            label={words.purpose}
            value={purpose ?? ""}
            onChange={(event) => onFilter({ ...filter, purpose: event.target.value || undefined })}
          >
            <option value="">
              {words.purpose}{words.colon}{common.all}
            </option>
            {PURPOSES.map((name) => (
              <option key={name} value={name}>
                {words.purposes[name]}
              </option>
            ))}
          </Select>
        </div>
      </div>
      <Card isFlush>
        <Loaded query={files} lines={6}>
          {(pages) => {
            const rows = pages.pages.flatMap((page) => page.data);
            if (rows.length === 0) {
              return (
                <Empty icon={FileText} title={purpose === undefined && q === undefined ? words.none : words.noMatch}>
                  {words.noneText}
                </Empty>
              );
            }
            return (
              <>
                <Table
                  label={words.title}
                  rows={rows}
                  keyOf={(file) => file.id}
                  columns={[
                    {
                      head: words.name,
                      cell: (file: FileObject) => (
                        <Link to="/files/$fileId" params={{ fileId: file.id }}>
                          <Named name={file.filename} sub={file.id} />
                        </Link>
                      ),
                    },
                    { head: words.purpose, isWideOnly: true, cell: (file) => named[file.purpose] ?? file.purpose },
                    { head: words.size, kind: "number", cell: (file) => bytes(file.bytes, tag) },
                    { head: words.created, kind: "tight", isWideOnly: true, cell: (file) => <Ago at={file.created_at} /> },
                  ]}
                />
                <MorePages query={files} />
              </>
            );
          }}
        </Loaded>
      </Card>
    </Page>
  );
}

function Uploader() {
  const textOf = useErrorText();
  const words = useMessages().files;
  const cache = useQueryClient();
  const navigate = useNavigate();
  const upload = useMutation({
    mutationFn: async (files: readonly File[]) => {
      const outcomes: Outcome[] = [];
      // One after the other: each may be as large as a server takes.
      for (const file of files) outcomes.push(await outcomeOf(file));
      return outcomes;
    },
    onSuccess: async (outcomes) => {
      await cache.invalidateQueries({ queryKey: ["files", "list"] });
      const [only, ...others] = outcomes;
      if (only?.id === undefined || others.length > 0) return;
      await navigate({ to: "/files/$fileId", params: { fileId: only.id }, search: { tab: "report" } });
    },
  });
  const refused = upload.data?.filter((outcome) => outcome.id === undefined) ?? [];
  const taken = (upload.data?.length ?? 0) - refused.length;
  return (
    <>
      <FileDrop label={words.upload} isCompact onFiles={(files) => upload.mutate(files)}>
        <Upload size={18} aria-hidden />
        <strong>{upload.isPending ? words.uploading : words.dropMany}</strong>
      </FileDrop>
      {taken > 1 && <Notice kind="good">{words.uploaded(taken)}</Notice>}
      {refused.map((outcome) => (
        <Notice key={outcome.name} kind="error">
          {outcome.name}{words.colon}{textOf(outcome.error)}
        </Notice>
      ))}
      <Problem error={upload.error} />
    </>
  );
}

interface Outcome {
  name: string;
  /** Undefined for a file that was refused. */
  id?: string;
  error?: unknown;
}

async function outcomeOf(file: File): Promise<Outcome> {
  try {
    return { name: file.name, id: (await uploadTraining(file)).id };
  } catch (error) {
    return { name: file.name, error };
  }
}
