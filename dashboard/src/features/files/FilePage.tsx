/** One file: its lines as conversations, and its report for a model. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Download, FlaskConical, Pencil, SlidersHorizontal, Trash2 } from "lucide-react";
import type { FileObject } from "openai/resources/files";
import { api } from "@/api/client";
import { fileQuery } from "@/api/queries";
import type { MethodName } from "@/api/x";
import { Button, LinkButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { Id } from "@/components/display/Code";
import { Confirm } from "@/components/layout/Confirm";
import { Page } from "@/components/layout/Page";
import { Failed, Loading, Problem } from "@/components/layout/States";
import { Tabs } from "@/components/controls/Tabs";
import { useLocaleTag, useMessages } from "@/i18n";
import { decodeResult, saveAs } from "@/lib/encoding";
import { bytes } from "@/lib/format";
import { OriginNote } from "./OriginNote";
import { Reader } from "./Reader";
import { ReportTab } from "./ReportTab";
import { SplitFile } from "./SplitFile";

export interface FileChoice {
  tab?: "content" | "report" | undefined;
  line?: number | undefined;
  model?: string | undefined;
  method?: MethodName | undefined;
}

export function FilePage({ id, choice, onChoice }: { id: string; choice: FileChoice; onChoice: (choice: FileChoice) => void }) {
  const { files: words } = useMessages();
  const tag = useLocaleTag();
  const file = useQuery(fileQuery(id));
  const crumb = { label: words.title, to: { to: "/files" as const } };
  if (file.data === undefined) {
    return (
      <Page title={id} crumb={crumb}>
        <Card>{file.isError ? <Failed error={file.error} onRetry={() => void file.refetch()} /> : <Loading />}</Card>
      </Page>
    );
  }
  const named: Record<string, string> = words.purposes;
  const isTraining = isTrainingData(file.data);
  const reader = <Reader id={id} first={choice.line ?? 1} onFirst={(line) => onChoice({ ...choice, line: line === 1 ? undefined : line })} />;
  return (
    <Page
      title={file.data.filename}
      crumb={crumb}
      about={
        <>
          {named[file.data.purpose] ?? file.data.purpose} · {bytes(file.data.bytes, tag)} · <Id text={id} />
        </>
      }
      actions={<Actions file={file.data} method={choice.method ?? "supervised"} />}
    >
      <OriginNote id={id} />
      {isTraining ? (
        <Tabs
          label={words.title}
          current={choice.tab ?? "content"}
          onChange={(tab) => onChoice({ ...choice, tab: tab === "content" ? undefined : tab })}
          tabs={[
            { name: "content", label: words.tabs.content, content: reader },
            { name: "report", label: words.tabs.report, content: <ReportTab id={id} choice={choice} onChoice={onChoice} /> },
          ]}
        />
      ) : (
        reader
      )}
    </Page>
  );
}

/** What was refused as training data is kept as user data, until it is repaired. */
const isTrainingData = (file: FileObject): boolean => file.purpose === "fine-tune" || (file.purpose as string) === "user_data";

function Actions({ file, method }: { file: FileObject; method: MethodName }) {
  const { files: words, common, evals } = useMessages();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const download = useMutation({
    mutationFn: async () => {
      const content = await api().files.content(file.id);
      const isResult = (file.purpose as string) === "fine-tune-results";
      saveAs(file.filename, isResult ? decodeResult(await content.text()) : await content.blob());
    },
  });
  return (
    <>
      <Button disabled={download.isPending} onClick={() => download.mutate()}>
        <Download /> {common.download}
      </Button>
      <Confirm
        title={words.deleteTitle}
        about={words.deleteText}
        action={common.delete}
        onConfirm={async () => {
          await api().files.delete(file.id);
          await cache.invalidateQueries({ queryKey: ["files", "list"] });
          await navigate({ to: "/files" });
        }}
        trigger={(open) => (
          <Button kind="danger" onClick={open}>
            <Trash2 /> {common.delete}
          </Button>
        )}
      />
      {isTrainingData(file) && (
        <LinkButton to="/files/$fileId/edit" params={{ fileId: file.id }}>
          <Pencil /> {words.editor.open}
        </LinkButton>
      )}
      {file.purpose === "fine-tune" && <SplitFile id={file.id} method={method} />}
      {file.purpose === "fine-tune" && (
        <LinkButton to="/evals/new" search={{ file: file.id }}>
          <FlaskConical /> {evals.createEval}
        </LinkButton>
      )}
      {file.purpose === "fine-tune" && (
        <LinkButton kind="primary" to="/fine-tuning/new" search={{ file: file.id }}>
          <SlidersHorizontal /> {words.tune}
        </LinkButton>
      )}
      <Problem error={download.error} />
    </>
  );
}
