/** The form that begins a shadow: the name, the two models, and what is kept. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";
import { x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Field, Switch, TextField } from "@/components/controls/Field";
import { ModelPicker } from "@/components/controls/ModelPicker";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";

export function NewShadow({
  prefill,
  onClose,
}: {
  prefill: { name?: string | undefined; old?: string | undefined; new?: string | undefined };
  onClose: () => void;
}) {
  const { shadows: words, common } = useMessages();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(prefill.name ?? "");
  const [old, setOld] = useState(prefill.old ?? "");
  const [fresh, setFresh] = useState(prefill.new ?? "");
  const [share, setShare] = useState("100");
  const [isKept, setKept] = useState(false);
  const part = Number(share) / 100;
  const isShare = part > 0 && part <= 1;
  const begun = useMutation({
    mutationFn: () => x.putShadow(name.trim(), { old, new: fresh, share: part, keep_answers: isKept }),
    onSuccess: async (made) => {
      await cache.invalidateQueries({ queryKey: ["shadows"] });
      await navigate({ to: "/shadows/$name", params: { name: made.id } });
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    begun.mutate();
  };
  const isWhole = name.trim() !== "" && old !== "" && fresh !== "" && isShare;
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.create} about={words.createText}>
      <form onSubmit={onSubmit} className={layout.stack}>
        <TextField
          label={words.name}
          hint={words.nameHint}
          maxLength={300}
          isCode
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Field label={words.old} hint={words.oldHint}>
          {() => <ModelPicker label={words.old} value={old} onChange={setOld} />}
        </Field>
        <Field label={words.new} hint={words.newHint}>
          {() => <ModelPicker label={words.new} value={fresh} onChange={setFresh} />}
        </Field>
        <TextField
          label={words.share}
          hint={words.shareHint}
          error={isShare ? null : words.badShare}
          inputMode="decimal"
          value={share}
          onChange={(event) => setShare(event.target.value)}
        />
        <Switch label={words.keep} isOn={isKept} onChange={setKept} />
        <Problem error={begun.error} />
        <div className={layout.end}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" kind="primary" disabled={!isWhole || begun.isPending}>
            {words.begin}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
