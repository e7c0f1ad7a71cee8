/** One batch: how far it is, what is wrong with its input, and its files. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban } from "lucide-react";
import type { Batch } from "openai/resources/batches";
import { api } from "@/api/client";
import { Button } from "@/components/controls/Button";
import { Id } from "@/components/display/Code";
import { FileLink } from "@/components/display/FileLink";
import { Status } from "@/components/display/Status";
import { Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { Card, Facts } from "@/components/layout/Card";
import { Confirm } from "@/components/layout/Confirm";
import layout from "@/components/layout/layout.module.css";
import { Page } from "@/components/layout/Page";
import { Failed, Loading } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { Answered } from "./Answered";
import { batchQuery } from "./queries";

export function BatchPage({ id }: { id: string }) {
  const { common } = useMessages();
  const found = useQuery(batchQuery(id));
  const crumb = { label: common.nav.batches, to: { to: "/batches" as const } };
  if (found.data === undefined) {
    return (
      <Page title={id} crumb={crumb}>
        <Card>{found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}</Card>
      </Page>
    );
  }
  const batch = found.data;
  const title = batch.model ?? batch.endpoint;
  const mayBeCancelled = batch.status === "validating" || batch.status === "in_progress";
  return (
    <Page
      title={title}
      heading={
        <span className={layout.row}>
          {title} <Status status={batch.status} />
        </span>
      }
      crumb={crumb}
      about={<Id text={id} />}
      actions={mayBeCancelled && <Cancel id={id} />}
    >
      <div className={layout.main}>
        <div className={layout.stack}>
          <Results batch={batch} />
          <Errors batch={batch} />
        </div>
        <About batch={batch} />
      </div>
    </Page>
  );
}

function Results({ batch }: { batch: Batch }) {
  const words = useMessages().batches;
  return (
    <Card title={words.results}>
      <Facts
        facts={[
          [words.answered, <Answered key="answered" batch={batch} />],
          [words.outputFile, batch.output_file_id != null && <FileLink key="output" id={batch.output_file_id} />],
          [words.errorFile, batch.error_file_id != null && <FileLink key="error" id={batch.error_file_id} />],
        ]}
      />
    </Card>
  );
}

function Errors({ batch }: { batch: Batch }) {
  const words = useMessages().batches;
  const tag = useLocaleTag();
  const errors = batch.errors?.data ?? [];
  if (errors.length === 0) return null;
  return (
    <Card title={words.errors} isFlush>
      <Table
        label={words.errors}
        rows={errors.map((error, at) => ({ ...error, at }))}
        keyOf={({ at }) => String(at)}
        columns={[
          { head: words.line, kind: "number", cell: ({ line }) => (line == null ? "–" : count(line, tag)) },
          { head: words.message, cell: ({ message }) => message },
          { head: words.param, isWideOnly: true, cell: ({ param }) => param },
        ]}
      />
    </Card>
  );
}

function About({ batch }: { batch: Batch }) {
  const words = useMessages().batches;
  const tag = useLocaleTag();
  const ended = batch.completed_at ?? batch.failed_at ?? batch.expired_at ?? batch.cancelled_at;
  return (
    <Card title={words.batch}>
      <Facts
        facts={[
          [words.endpoint, batch.endpoint],
          [words.inputFile, <FileLink key="input" id={batch.input_file_id} />],
          [words.tokensIn, batch.usage && count(batch.usage.input_tokens, tag)],
          [words.tokensOut, batch.usage && count(batch.usage.output_tokens, tag)],
          [words.created, <Ago key="created" at={batch.created_at} />],
          [words.ended, ended != null && <Ago key="ended" at={ended} />],
          [words.expires, ended == null && batch.expires_at != null && <Ago key="expires" at={batch.expires_at} />],
          ...Object.entries(batch.metadata ?? {}),
        ]}
      />
    </Card>
  );
}

function Cancel({ id }: { id: string }) {
  const words = useMessages().batches;
  const cache = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => api().batches.cancel(id),
    onSettled: () => cache.invalidateQueries({ queryKey: ["batches"] }),
  });
  return (
    <Confirm
      title={words.cancelTitle}
      about={words.cancelText}
      action={words.cancel}
      onConfirm={() => cancel.mutateAsync()}
      trigger={(open) => (
        <Button kind="danger" onClick={open}>
          <Ban /> {words.cancel}
        </Button>
      )}
    />
  );
}
