/** Releases a held model; who asks must say why, and that is recorded. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type ModelCheck, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { TextArea } from "@/components/controls/Field";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";

export function ReleaseButton({ check }: { check: ModelCheck }) {
  const { safety: words, common } = useMessages();
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const cache = useQueryClient();
  const release = useMutation({
    mutationFn: () => x.releaseModel(check.model, reason.trim()),
    onSuccess: async () => {
      setOpen(false);
      await cache.invalidateQueries({ queryKey: ["models"] });
    },
  });
  return (
    <>
      <Button size="small" kind="primary" onClick={() => setOpen(true)}>
        {words.release}
      </Button>
      <Dialog isOpen={isOpen} onOpenChange={setOpen} title={words.releaseTitle} about={check.model}>
        <div className={layout.stack}>
          {check.held_because !== null && <Notice kind="warning">{words.heldBecause(check.held_because)}</Notice>}
          <TextArea
            label={words.reason}
            hint={words.reasonHint}
            rows={3}
            maxLength={2000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          <Problem error={release.error} />
          <div className={layout.end}>
            <Button onClick={() => setOpen(false)}>{common.cancel}</Button>
            <Button kind="primary" disabled={reason.trim() === "" || release.isPending} onClick={() => release.mutate()}>
              {words.release}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
