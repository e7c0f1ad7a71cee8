/** Stores the calls that another program logged as completions. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useState } from "react";
import { api, codeOf } from "@/api/client";
import { type LogImport, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { TextField } from "@/components/controls/Field";
import { FileDrop } from "@/components/controls/FileDrop";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { ErrorList } from "@/components/report/ErrorList";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { pairOf } from "@/lib/storedFilter";

interface Wanted {
  file: File;
  metadata: Record<string, string>;
  partial: boolean;
}

export function ImportLogs({ onClose }: { onClose: () => void }) {
  const { logs, common } = useMessages();
  const words = logs.importing;
  const cache = useQueryClient();
  const [metadata, setMetadata] = useState("");
  const pair = metadata.trim() === "" ? {} : pairOf(metadata);
  const importing = useMutation({
    mutationFn: importLog,
    onSuccess: () => cache.invalidateQueries({ queryKey: ["logs"] }),
  });
  const last = importing.variables;
  const begin = (file: File, partial: boolean) => {
    if (pair !== undefined) importing.mutate({ file, metadata: pair, partial });
  };
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.title} about={words.about} isWide>
      <TextField
        label={logs.metadataHead}
        isOptional
        hint={words.metadataHint}
        error={pair === undefined ? words.badMetadata : null}
        value={metadata}
        onChange={(event) => setMetadata(event.target.value)}
      />
      <FileDrop label={words.file} isCompact onFile={(file) => begin(file, false)}>
        <Upload size={18} aria-hidden />
        <strong>{importing.isPending && last ? words.busy(last.file.name) : words.drop}</strong>
      </FileDrop>
      <Problem error={importing.error} />
      {importing.data && <Outcome made={importing.data} />}
      <div className={layout.end}>
        <Button onClick={onClose}>{common.close}</Button>
        {last !== undefined && codeOf(importing.error) === "invalid_log" && (
          <Button kind="primary" onClick={() => begin(last.file, true)}>
            {words.others}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function Outcome({ made }: { made: LogImport }) {
  const words = useMessages().logs.importing;
  const tag = useLocaleTag();
  const { imported, known, refused, problems } = made;
  return (
    <div className={layout.stack}>
      <Notice kind={refused > 0 ? "warning" : "good"}>
        {words.done(count(imported, tag), count(known, tag), count(refused, tag))}
      </Notice>
      {problems.length > 0 && (
        <ErrorList
          title={words.problems}
          errors={problems.map(({ line, message }) => ({ line, field: "", message: withoutLine(message) }))}
        />
      )}
    </div>
  );
}

/** The line stands beside the text here. */
function withoutLine(message: string): string {
  return message.replace(/^Line \d+ /, "");
}

async function importLog({ file, metadata, partial }: Wanted): Promise<LogImport> {
  const uploaded = await api().files.create({ file, purpose: "user_data" });
  try {
    return await x.importLog({ file_id: uploaded.id, metadata, partial });
  } finally {
    // The completions are copies; nothing needs the upload.
    await api().files.delete(uploaded.id);
  }
}
