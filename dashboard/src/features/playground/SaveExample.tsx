/** Saves conversations or pairs as lines of a training file, new or extended. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "@/api/client";
import { filesQuery } from "@/api/queries";
import { Button } from "@/components/controls/Button";
import { CodeBlock } from "@/components/display/Code";
import { Dialog } from "@/components/layout/Dialog";
import { SelectField, TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { appendLine } from "@/lib/jsonl";

export function SaveExample({
  lines,
  title,
  about,
  fileName,
  onClose,
}: {
  lines: readonly object[];
  title: string;
  about: string;
  fileName: string;
  onClose: (isSaved: boolean) => void;
}) {
  const { playground: words, common } = useMessages();
  const cache = useQueryClient();
  const files = useInfiniteQuery(filesQuery("fine-tune")).data?.pages.flatMap((page) => page.data) ?? [];
  const [target, setTarget] = useState("");
  const [name, setName] = useState(fileName);
  const saving = useMutation({
    mutationFn: async () => {
      const grown = files.find((file) => file.id === target);
      // A file never changes: the longer one is a new file of the same name.
      const before = grown ? await (await api().files.content(grown.id)).text() : "";
      const file = new File([lines.reduce<string>(appendLine, before)], grown?.filename ?? name, { type: "application/jsonl" });
      return api().files.create({ file, purpose: "fine-tune" });
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ["files", "list"] }),
  });
  const close = () => onClose(saving.isSuccess);
  return (
    <Dialog isOpen onOpenChange={close} title={title} about={about} isWide>
      <CodeBlock code={lines.map((line) => JSON.stringify(line, null, 2)).join("\n")} isWrapped />
      <div className={layout.halves}>
        <SelectField label={words.dataset} value={target} onChange={(event) => setTarget(event.target.value)}>
          <option value="">{words.newFile}</option>
          {files.map((file) => (
            <option key={file.id} value={file.id}>
              {file.filename} · {file.id}
            </option>
          ))}
        </SelectField>
        {target === "" && <TextField label={words.fileName} value={name} onChange={(event) => setName(event.target.value)} />}
      </div>
      <Problem error={saving.error} />
      {saving.data && (
        <Notice kind="good">
          {words.saved}{" "}
          <Link to="/files/$fileId" params={{ fileId: saving.data.id }}>
            {saving.data.filename}
          </Link>
        </Notice>
      )}
      <div className={layout.end}>
        <Button onClick={close}>{common.close}</Button>
        <Button kind="primary" disabled={saving.isPending || saving.isSuccess} onClick={() => saving.mutate()}>
          {common.save}
        </Button>
      </div>
    </Dialog>
  );
}
