/** A training or validation file: uploaded or chosen, with its report. */

import { type UseQueryResult, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { uploadTraining } from "@/api/uploads";
import { fileQuery, filesQuery } from "@/api/queries";
import type { FileReport, MethodName } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { SelectField } from "@/components/controls/Field";
import { FileDrop } from "@/components/controls/FileDrop";
import layout from "@/components/layout/layout.module.css";
import { ReportView } from "@/components/report/ReportView";
import { Failed, Loading, Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes } from "@/lib/format";
import styles from "./JobForm.module.css";

export function DataFile({
  label,
  value,
  report,
  method,
  splitTurns,
  error,
  isCompact = false,
  onChange,
}: {
  label: string;
  value: string | null;
  report?: UseQueryResult<FileReport>;
  method: MethodName;
  splitTurns?: boolean | undefined;
  error: string | null;
  isCompact?: boolean;
  onChange: (id: string | null) => void;
}) {
  const { files: words, jobs } = useMessages();
  const cache = useQueryClient();
  const upload = useMutation({
    mutationFn: uploadTraining,
    onSuccess: (file) => {
      void cache.invalidateQueries({ queryKey: ["files", "list"] });
      onChange(file.id);
    },
  });
  if (value !== null) {
    return (
      <div className={layout.stack}>
        <Chosen id={value} onRemove={() => onChange(null)} />
        {error !== null && <Notice kind="error">{error}</Notice>}
        {report?.isError && <Failed error={report.error} onRetry={() => void report.refetch()} />}
        {report?.isPending && <Loading />}
        {report?.data && <ReportView report={report.data} method={method} splitTurns={splitTurns} onRepaired={onChange} />}
      </div>
    );
  }
  return (
    <div className={layout.stack}>
      <FileDrop label={label} isCompact={isCompact} onFile={(file) => upload.mutate(file)}>
        <Upload size={18} aria-hidden />
        <strong>{upload.isPending ? jobs.form.uploading(upload.variables.name) : words.drop}</strong>
        {!isCompact && <span>{words.dropHint}</span>}
      </FileDrop>
      <Problem error={upload.error} />
      <Existing onChoose={onChange} />
    </div>
  );
}

function Existing({ onChoose }: { onChoose: (id: string) => void }) {
  const words = useMessages().jobs.form;
  const tag = useLocaleTag();
  const files = useInfiniteQuery(filesQuery("fine-tune")).data?.pages.flatMap((page) => page.data) ?? [];
  if (files.length === 0) return null;
  return (
    <SelectField label={words.chooseFile} value="" onChange={(event) => onChoose(event.target.value)}>
      <option value="">{words.noFile}</option>
      {files.map((file) => (
        <option key={file.id} value={file.id}>
          {file.filename} · {bytes(file.bytes, tag)} · {file.id}
        </option>
      ))}
    </SelectField>
  );
}

function Chosen({ id, onRemove }: { id: string; onRemove: () => void }) {
  const words = useMessages().jobs.form;
  const tag = useLocaleTag();
  const file = useQuery(fileQuery(id));
  return (
    <div className={styles.file}>
      <span>
        <strong>{file.data?.filename ?? id}</strong>{" "}
        <span className={layout.faint}>
          {file.data && bytes(file.data.bytes, tag)} · {id}
        </span>
      </span>
      <Button size="small" onClick={onRemove}>
        {words.change}
      </Button>
    </div>
  );
}
