/** The exports of one model: ask for one, watch it, download it. */

import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, PackageOpen, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { type ExportFormat, type ModelExport, x } from "@/api/x";
import { Button, IconButton } from "@/components/controls/Button";
import { CopyButton } from "@/components/display/Code";
import { Status } from "@/components/display/Status";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { saveAs } from "@/lib/encoding";
import { bytes } from "@/lib/format";
import { kindOf } from "@/lib/models";
import styles from "./Export.module.css";

const LIVE_MS = 2000;
// A page holds a download in memory before it is saved; curl writes it as it comes.
const MAX_PAGE_BYTES = 500_000_000;

const exportsQuery = (model: string) =>
  queryOptions({
    queryKey: ["exports", model],
    queryFn: async ({ signal }) => (await x.exports(model, signal)).data,
    refetchInterval: (query) => (query.state.data?.some(isUnderWay) ? LIVE_MS : false),
  });

const isUnderWay = (each: ModelExport) => each.status === "queued" || each.status === "running";

export function ExportButton({ model }: { model: string }) {
  const words = useMessages().models.export;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton size="small" label={`${words.open}: ${model}`} onClick={() => setOpen(true)}>
        <PackageOpen />
      </IconButton>
      <Dialog isWide isOpen={isOpen} onOpenChange={setOpen} title={words.open} about={`${model}. ${words.about}`}>
        {isOpen && <Exports model={model} />}
      </Dialog>
    </>
  );
}

function Exports({ model }: { model: string }) {
  const words = useMessages().models.export;
  const cache = useQueryClient();
  const found = useQuery(exportsQuery(model));
  const ask = useMutation({
    mutationFn: (wanted: ExportFormat) => x.createExport(model, wanted),
    onSuccess: () => cache.invalidateQueries({ queryKey: exportsQuery(model).queryKey }),
  });
  const formats: [string, ExportFormat][] = [
    [words.merged, { format: "merged" }],
    ["GGUF f16", { format: "gguf", type: "f16" }],
    ["GGUF q8_0", { format: "gguf", type: "q8_0" }],
  ];
  if (kindOf({ id: model }) !== "bases") formats.unshift([words.peft, { format: "peft" }]);
  return (
    <div className={layout.stack}>
      <div className={styles.row}>
        {formats.map(([name, wanted]) => (
          <Button key={name} disabled={ask.isPending} onClick={() => ask.mutate(wanted)}>
            {name}
          </Button>
        ))}
      </div>
      <Problem error={ask.error} />
      <Loaded query={found} lines={2}>
        {(all) => (
          <>
            {all.map((each) => (
              <OneExport key={each.id} export={each} />
            ))}
          </>
        )}
      </Loaded>
    </div>
  );
}

function OneExport({ export: shown }: { export: ModelExport }) {
  const { models: words, common } = useMessages();
  const tag = useLocaleTag();
  const cache = useQueryClient();
  const path = `/x/exports/${shown.id}/content`;
  const name = [shown.model.replace(/[^A-Za-z0-9._-]+/g, "-"), shown.format, shown.type].filter(Boolean).join("-");
  const download = useMutation({
    mutationFn: async () => {
      const answer = await api().get<Response>(path, { __binaryResponse: true });
      saveAs(`${name}.tar`, await answer.blob(), "application/x-tar");
    },
  });
  const remove = useMutation({
    mutationFn: () => x.deleteExport(shown.id),
    onSuccess: () => cache.invalidateQueries({ queryKey: exportsQuery(shown.model).queryKey }),
  });
  const curl =
    `curl -C - -o ${name}.tar -H "Authorization: Bearer $OPENAI_API_KEY" ` + `${window.location.origin}/v1${path}`;
  return (
    <div>
      <div className={styles.row}>
        <strong>{[shown.format, shown.type].filter(Boolean).join(" ")}</strong>
        <Status status={shown.status} />
        {shown.bytes !== null && <span>{bytes(shown.bytes, tag)}</span>}
        {shown.bytes !== null && (
          <>
            <Button
              size="small"
              disabled={download.isPending || shown.bytes > MAX_PAGE_BYTES}
              onClick={() => download.mutate()}
            >
              <Download /> {common.download}
            </Button>
            <CopyButton text={curl} label={words.export.curl} />
          </>
        )}
        <IconButton
          size="small"
          label={`${common.delete}: ${name}`}
          disabled={remove.isPending}
          onClick={() => remove.mutate()}
        >
          <Trash2 />
        </IconButton>
      </div>
      <p className={layout.quiet}>{shown.error ?? shown.difference?.sentence ?? shown.step}</p>
      <Problem error={download.error ?? remove.error} />
    </div>
  );
}
