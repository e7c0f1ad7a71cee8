/** The form that adds an endpoint, and its secret, which is shown once. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent } from "react";
import { x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { TextField } from "@/components/controls/Field";
import { CodeBlock } from "@/components/display/Code";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Notice, Problem } from "@/components/layout/States";
import { Restored } from "@/components/layout/Restored";
import { useDraft } from "@/lib/tab/useDraft";
import { useMessages } from "@/i18n";
import { eventTypesQuery } from "./queries";

const USUAL = ["fine_tuning.job.succeeded", "fine_tuning.job.failed"];

const EMPTY = { name: "", url: "", chosen: USUAL as readonly string[] };

export function NewEndpoint({ onClose }: { onClose: () => void }) {
  const { webhooks: words, common } = useMessages();
  const cache = useQueryClient();
  const types = useQuery(eventTypesQuery);
  const kept = useDraft("webhook", EMPTY);
  const { name, url, chosen } = kept.value;
  const setName = (name: string) => kept.change({ name });
  const setUrl = (url: string) => kept.change({ url });
  const setChosen = (chosen: readonly string[]) => kept.change({ chosen });
  const creation = useMutation({
    mutationFn: () => x.createWebhookEndpoint({ name: name.trim(), url: url.trim(), event_types: [...chosen] }),
    onSuccess: () => {
      kept.forget();
      return cache.invalidateQueries({ queryKey: ["webhooks"] });
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    creation.mutate();
  };
  if (creation.data) return <Secret secret={creation.data.signing_secret} onClose={onClose} />;
  const isWhole = name.trim() !== "" && url.trim() !== "" && chosen.length > 0;
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.create}>
      <form onSubmit={onSubmit} className={layout.stack}>
        <Restored isShown={kept.isRestored} onDiscard={kept.discard} />
        <TextField label={words.name} maxLength={256} autoFocus value={name} onChange={(event) => setName(event.target.value)} />
        <TextField
          label={words.url}
          hint={words.urlHint}
          maxLength={2048}
          isCode
          inputMode="url"
          placeholder="https://example.com/hooks"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <fieldset className={layout.tight} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
          <legend>{words.events}</legend>
          <Loaded query={types}>
            {({ data }) =>
              data.map((type) => (
                <label key={type} className={layout.row}>
                  <input
                    type="checkbox"
                    checked={chosen.includes(type)}
                    onChange={(event) =>
                      setChosen(event.target.checked ? [...chosen, type] : chosen.filter((other) => other !== type))
                    }
                  />
                  <code>{type}</code>
                </label>
              ))
            }
          </Loaded>
        </fieldset>
        <Problem error={creation.error} />
        <div className={layout.end}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" kind="primary" disabled={!isWhole || creation.isPending}>
            {common.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  const { webhooks: words, common } = useMessages();
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.secretTitle}>
      <Notice kind="warning">{words.secretText}</Notice>
      <CodeBlock code={secret} isWrapped />
      <div className={layout.end}>
        <Button kind="primary" onClick={onClose}>
          {common.close}
        </Button>
      </div>
    </Dialog>
  );
}
