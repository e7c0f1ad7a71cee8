/** All batches of the project, and the upload that begins one. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Layers, Upload } from "lucide-react";
import { api } from "@/api/client";
import { FileDrop } from "@/components/controls/FileDrop";
import { Status } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { Card } from "@/components/layout/Card";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import layout from "@/components/layout/layout.module.css";
import { Page } from "@/components/layout/Page";
import { Empty, Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { Answered } from "./Answered";
import { endpointOf } from "./endpoint";
import { batchesQuery } from "./queries";

export function BatchList() {
  const { batches: words, common } = useMessages();
  const batches = useInfiniteQuery(batchesQuery);
  return (
    <Page title={common.nav.batches} about={words.about}>
      <div className={layout.stack}>
        <Begin />
        <Card isFlush>
          <Loaded query={batches} lines={6}>
            {(pages) => {
              const rows = pages.pages.flatMap((page) => page.data);
              if (rows.length === 0) {
                return (
                  <Empty icon={Layers} title={words.none}>
                    {words.noneText}
                  </Empty>
                );
              }
              return (
                <>
                  <Table
                    label={common.nav.batches}
                    rows={rows}
                    keyOf={(one) => one.id}
                    columns={[
                      {
                        head: words.model,
                        cell: (one) => (
                          <Link to="/batches/$batchId" params={{ batchId: one.id }}>
                            <Named name={one.model ?? one.endpoint} sub={one.id} />
                          </Link>
                        ),
                      },
                      { head: words.answered, cell: (one) => <Answered batch={one} /> },
                      { head: words.endpoint, isWideOnly: true, cell: (one) => one.endpoint },
                      { head: words.status, kind: "tight", cell: (one) => <Status status={one.status} /> },
                      { head: words.created, kind: "tight", isWideOnly: true, cell: (one) => <Ago at={one.created_at} /> },
                    ]}
                  />
                  <MorePages query={batches} />
                </>
              );
            }}
          </Loaded>
        </Card>
      </div>
    </Page>
  );
}

function Begin() {
  const words = useMessages().batches;
  const cache = useQueryClient();
  const navigate = useNavigate();
  const begin = useMutation({
    mutationFn: async (files: readonly File[]) => {
      const outcomes: Begun[] = [];
      for (const file of files) outcomes.push(await beginOne(file));
      return outcomes;
    },
    onSuccess: ([only, ...others]) => {
      void cache.invalidateQueries({ queryKey: ["batches"] });
      if (only?.id === undefined || others.length > 0) return;
      void navigate({ to: "/batches/$batchId", params: { batchId: only.id } });
    },
  });
  const refused = begin.data?.filter((one) => one.id === undefined) ?? [];
  return (
    <>
      <FileDrop label={words.begin} isCompact onFiles={(files) => begin.mutate(files)}>
        <Upload />
        <span>{begin.isPending ? words.beginning : words.begin}</span>
      </FileDrop>
      {refused.map(({ name, error }) => (
        <div key={name}>
          <strong>{name}</strong>
          <Problem error={error} />
        </div>
      ))}
    </>
  );
}

interface Begun {
  name: string;
  /** Undefined for a file that was refused. */
  id?: string;
  error?: unknown;
}

async function beginOne(file: File): Promise<Begun> {
  try {
    const endpoint = await endpointOf(file);
    const input = await api().files.create({ file, purpose: "batch" });
    const batch = await api().batches.create({ input_file_id: input.id, endpoint, completion_window: "24h" });
    return { name: file.name, id: batch.id };
  } catch (error) {
    return { name: file.name, error };
  }
}
