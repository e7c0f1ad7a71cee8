/** Makes a training file from stored completions: each conversation is one line. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "@/api/client";
import { Button, LinkButton } from "@/components/controls/Button";
import { Dialog } from "@/components/layout/Dialog";
import { TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Progress } from "@/components/display/Progress";
import { Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { trainingLine } from "@/lib/logs";
import { type LogKind, readConversation } from "./entries";

export function MakeDataset({ kind, ids, onClose }: { kind: LogKind; ids: readonly string[]; onClose: () => void }) {
  const { logs: words, common, files } = useMessages();
  const tag = useLocaleTag();
  const cache = useQueryClient();
  const [name, setName] = useState("from_logs.jsonl");
  const [done, setDone] = useState(0);
  const making = useMutation({
    mutationFn: async () => {
      const lines: string[] = [];
      for (const id of ids) {
        const { messages, tools } = await readConversation(kind, id);
        lines.push(JSON.stringify(trainingLine(messages, tools)));
        setDone(lines.length);
      }
      const file = new File([`${lines.join("\n")}\n`], name, { type: "application/jsonl" });
      return api().files.create({ file, purpose: "fine-tune" });
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ["files", "list"] }),
  });
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.makeDataset(count(ids.length, tag))} about={words.datasetAbout}>
      <TextField label={words.fileName} value={name} onChange={(event) => setName(event.target.value)} />
      {making.isPending && <Progress label={words.answer} value={done} max={ids.length} />}
      <Problem error={making.error} />
      {making.data && (
        <Notice kind="good">
          {words.saved}{" "}
          <Link to="/files/$fileId" params={{ fileId: making.data.id }} search={{ tab: "report" }}>
            {making.data.filename}
          </Link>
        </Notice>
      )}
      <div className={layout.end}>
        <Button onClick={onClose}>{common.close}</Button>
        {making.data ? (
          <LinkButton kind="primary" to="/fine-tuning/new" search={{ file: making.data.id }}>
            {files.tune}
          </LinkButton>
        ) : (
          <Button kind="primary" disabled={making.isPending || name.trim() === ""} onClick={() => making.mutate()}>
            {common.create}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
