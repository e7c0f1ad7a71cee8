/** Splits a validation file off: planned while the share is typed, made on demand. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Split } from "lucide-react";
import { useRef, useState } from "react";
import { type MethodName, x } from "@/api/x";
import { Button, LinkButton } from "@/components/controls/Button";
import { TextField } from "@/components/controls/Field";
import { FileLink } from "@/components/display/FileLink";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { useDebounced } from "@/lib/debounced";
import { count } from "@/lib/format";

const DEBOUNCE_MS = 400;

export function SplitFile({ id, method }: { id: string; method: MethodName }) {
  const words = useMessages().files.split;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Split /> {words.action}
      </Button>
      {isOpen && <SplitDialog id={id} method={method} onClose={() => setOpen(false)} />}
    </>
  );
}

function SplitDialog({ id, method, onClose }: { id: string; method: MethodName; onClose: () => void }) {
  const { files, common, jobs } = useMessages();
  const words = files.split;
  const tag = useLocaleTag();
  const cache = useQueryClient();
  const [percent, setPercent] = useState("10");
  const fraction = fractionOf(useDebounced(percent, DEBOUNCE_MS));
  const key = useRef(crypto.randomUUID());
  const plan = useQuery({
    queryKey: ["files", id, "split", "plan", fraction, method],
    queryFn: ({ signal }) => x.planSplit(id, { fraction: fraction ?? 0.1, method }, signal),
    enabled: fraction !== null,
    staleTime: Infinity,
  });
  const splitting = useMutation({
    mutationFn: () => x.splitFile(id, { fraction: fraction ?? 0.1, method }, `${key.current}.${fraction}`),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["files", "list"] }),
  });
  const made = splitting.data;
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.title} about={words.about}>
      {made === undefined && (
        <TextField
          label={jobs.form.splitShare}
          inputMode="decimal"
          error={fractionOf(percent) === null ? jobs.form.badShare : null}
          value={percent}
          onChange={(event) => setPercent(event.target.value)}
        />
      )}
      {plan.data && made === undefined && (
        <Notice kind="info">
          {jobs.form.splitNumbers(count(plan.data.training_examples, tag), count(plan.data.validation_examples, tag))}{" "}
          {jobs.form.splitFair}
        </Notice>
      )}
      <Problem error={splitting.error ?? plan.error} />
      {made && (
        <Notice kind="good">
          {words.made} <FileLink id={made.training_file.id} /> · <FileLink id={made.validation_file.id} />
        </Notice>
      )}
      <div className={layout.end}>
        <Button onClick={onClose}>{common.close}</Button>
        {made ? (
          <LinkButton kind="primary" to="/fine-tuning/new" search={{ file: made.training_file.id }}>
            {files.tune}
          </LinkButton>
        ) : (
          <Button kind="primary" disabled={!plan.data || splitting.isPending} onClick={() => splitting.mutate()}>
            {words.action}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

/** The share that a percentage means; null where it is none. */
export function fractionOf(percent: string): number | null {
  const share = Number(percent.trim()) / 100;
  return percent.trim() !== "" && share > 0 && share < 1 ? share : null;
}
