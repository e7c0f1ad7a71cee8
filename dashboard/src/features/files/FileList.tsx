/** All files, filtered by purpose, and the upload. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FileText, Upload } from "lucide-react";
import type { FileObject } from "openai/resources/files";
import { api } from "@/api/client";
import { filesQuery } from "@/api/queries";
import { Card } from "@/components/layout/Card";
import { Select } from "@/components/controls/Field";
import { FileDrop } from "@/components/controls/FileDrop";
import layout from "@/components/layout/layout.module.css";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty, Problem } from "@/components/layout/States";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes } from "@/lib/format";

const PURPOSES = ["fine-tune", "fine-tune-results", "evals", "batch", "batch_output"] as const;

export function FileList({ purpose, onPurpose }: { purpose: string | undefined; onPurpose: (purpose?: string) => void }) {
  const { files: words, common } = useMessages();
  const tag = useLocaleTag();
  const files = useInfiniteQuery(filesQuery(purpose));
  const named: Record<string, string> = words.purposes;
  return (
    <Page title={words.title} about={words.about}>
      <div className={layout.stack}>
        <Uploader />
        <div className={layout.filters}>
          <Select
            label={words.purpose}
            value={purpose ?? ""}
            onChange={(event) => onPurpose(event.target.value || undefined)}
          >
            <option value="">
              {words.purpose}: {common.all}
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
                <Empty icon={FileText} title={purpose === undefined ? words.none : words.noMatch}>
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
  const words = useMessages().files;
  const cache = useQueryClient();
  const navigate = useNavigate();
  const upload = useMutation({
    mutationFn: (file: File) => api().files.create({ file, purpose: "fine-tune" }),
    onSuccess: async (file) => {
      await cache.invalidateQueries({ queryKey: ["files", "list"] });
      await navigate({ to: "/files/$fileId", params: { fileId: file.id }, search: { tab: "report" } });
    },
  });
  return (
    <>
      <FileDrop label={words.upload} isCompact onFile={(file) => upload.mutate(file)}>
        <Upload size={18} aria-hidden />
        <strong>{upload.isPending ? words.uploading : words.drop}</strong>
      </FileDrop>
      <Problem error={upload.error} />
    </>
  );
}
