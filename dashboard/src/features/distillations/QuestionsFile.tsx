/** The file of questions: uploaded, or chosen among those that were. */

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api } from "@/api/client";
import { fileQuery, filesQuery } from "@/api/queries";
import { Button } from "@/components/controls/Button";
import { Field, SelectField } from "@/components/controls/Field";
import { FileDrop } from "@/components/controls/FileDrop";
import layout from "@/components/layout/layout.module.css";
import { Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes } from "@/lib/format";

export function QuestionsFile({
  value,
  error,
  onChange,
}: {
  value: string | null;
  error: string | null;
  onChange: (id: string | null) => void;
}) {
  const { distillations, files } = useMessages();
  const words = distillations.form;
  const cache = useQueryClient();
  const upload = useMutation({
    mutationFn: (file: File) => api().files.create({ file, purpose: "user_data" }),
    onSuccess: (file) => {
      void cache.invalidateQueries({ queryKey: ["files", "list"] });
      onChange(file.id);
    },
  });
  return (
    <Field label={words.file} hint={words.fileHint} error={error}>
      {() =>
        value !== null ? (
          <Chosen id={value} onRemove={() => onChange(null)} />
        ) : (
          <div className={layout.stack}>
            <FileDrop label={words.file} isCompact onFile={(file) => upload.mutate(file)}>
              <strong>{upload.isPending ? files.uploading : files.drop}</strong>
            </FileDrop>
            <Problem error={upload.error} />
            <Existing onChoose={onChange} />
          </div>
        )
      }
    </Field>
  );
}

function Existing({ onChoose }: { onChoose: (id: string) => void }) {
  const words = useMessages().distillations.form;
  const tag = useLocaleTag();
  const files = useInfiniteQuery(filesQuery()).data?.pages.flatMap((page) => page.data) ?? [];
  const lines = files.filter((file) => file.filename.endsWith(".jsonl"));
  if (lines.length === 0) return null;
  return (
    <SelectField label={words.chooseFile} value="" onChange={(event) => onChoose(event.target.value)}>
      <option value="">{words.noFile}</option>
      {lines.map((file) => (
        <option key={file.id} value={file.id}>
          {file.filename} · {bytes(file.bytes, tag)} · {file.id}
        </option>
      ))}
    </SelectField>
  );
}

function Chosen({ id, onRemove }: { id: string; onRemove: () => void }) {
  const words = useMessages().distillations.form;
  const file = useQuery(fileQuery(id));
  return (
    <div className={layout.between}>
      <Link to="/files/$fileId" params={{ fileId: id }}>
        {file.data?.filename ?? id}
      </Link>
      <Button size="small" onClick={onRemove}>
        {words.changeFile}
      </Button>
    </div>
  );
}
