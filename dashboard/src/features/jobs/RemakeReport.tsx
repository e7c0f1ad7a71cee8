/** A report card over pairs made again, with a grader that decides which answer is better. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { TextArea } from "@/components/controls/Field";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";

const EXAMPLE = {
  type: "text_similarity",
  name: "like the preferred answer",
  input: "{{sample.output_text}}",
  reference: "{{item.preferred}}",
  evaluation_metric: "rouge_l",
};

export function RemakeReport({ jobId, grader }: { jobId: string; grader: unknown }) {
  const { evals, common } = useMessages();
  const words = evals.card;
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState(() => JSON.stringify(grader ?? EXAMPLE, null, 2));
  const cache = useQueryClient();
  const remake = useMutation({
    mutationFn: (wanted: unknown) => x.remakeReport(jobId, wanted),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ["jobs", jobId] });
      setOpen(false);
    },
  });
  const read = parsed(text);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        {words.remake}
      </Button>
      <Dialog isOpen={isOpen} onOpenChange={setOpen} title={words.remakeTitle} about={words.remakeAbout} isWide>
        <div className={layout.stack}>
          <TextArea
            label={words.graderJson}
            hint={words.graderHint}
            error={read === undefined ? words.notJson : null}
            isCode
            rows={12}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Problem error={remake.error} />
          <div className={layout.row}>
            <Button kind="primary" disabled={read === undefined || remake.isPending} onClick={() => remake.mutate(read)}>
              {words.remakeGraded}
            </Button>
            <Button disabled={remake.isPending} onClick={() => remake.mutate(null)}>
              {words.remakeClose}
            </Button>
            <Button kind="plain" onClick={() => setOpen(false)}>
              {common.cancel}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
