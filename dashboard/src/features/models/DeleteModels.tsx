/** Deletes several models at once, after saying what goes with them. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { api, messageOf } from "@/api/client";
import { modelsQuery } from "@/api/queries";
import type { KeptModel } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes, count } from "@/lib/format";
import { aliasesOf, goingWith } from "./kept";
import styles from "./Models.module.css";

interface Props {
  all: readonly KeptModel[];
  chosen: ReadonlySet<string>;
  onDone: () => void;
}

export function DeleteModels({ all, chosen, onDone }: Props) {
  const words = useMessages().models;
  const tag = useLocaleTag();
  const [isOpen, setOpen] = useState(false);
  const here = new Set(all.filter((model) => chosen.has(model.id)).map((model) => model.id));
  return (
    <>
      <Button kind="danger" disabled={here.size === 0} onClick={() => setOpen(true)}>
        <Trash2 /> {words.deleteSome(count(here.size, tag))}
      </Button>
      <DeleteDialog all={all} chosen={here} isOpen={isOpen} onClose={() => setOpen(false)} onDone={onDone} />
    </>
  );
}

export function DeleteDialog({
  all,
  chosen,
  isOpen,
  onClose,
  onDone,
}: Props & { isOpen: boolean; onClose: () => void }) {
  const words = useMessages().models;
  const tag = useLocaleTag();
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={(next) => !next && onClose()}
      title={words.goes.title(count(chosen.size, tag))}
      about={words.deleteText}
    >
      {isOpen && (
        <Choice
          all={all}
          chosen={chosen}
          onClose={onClose}
          onDone={() => {
            onDone();
            onClose();
          }}
        />
      )}
    </Dialog>
  );
}

function Choice({ all, chosen, onClose, onDone }: Props & { onClose: () => void }) {
  const { models: words, common } = useMessages();
  const tag = useLocaleTag();
  const cache = useQueryClient();
  const [takesCheckpoints, setTakesCheckpoints] = useState(true);
  const [takesAliases, setTakesAliases] = useState(false);
  const { models, checkpoints, aliases } = goingWith(all, chosen);
  const going = takesCheckpoints ? [...models, ...checkpoints] : models;
  const standing = takesCheckpoints ? aliasesOf(all, going).filter((alias) => !chosen.has(alias.id)) : aliases;
  const size = going.reduce((sum, model) => sum + (model.bytes ?? 0), 0);
  const deletion = useMutation({
    mutationFn: () => deleteEach([...standing, ...going]),
    onSuccess: (failures) => failures.length === 0 && onDone(),
    onSettled: () => cache.invalidateQueries({ queryKey: modelsQuery.queryKey }),
  });
  return (
    <div className={layout.stack}>
      <ul className={styles.going} aria-label={words.goes.list}>
        {going.map((model) => (
          <li key={model.id}>
            <code>{model.id}</code>{" "}
            {model.bytes !== null && <span className={layout.quiet}>{bytes(model.bytes, tag)}</span>}
          </li>
        ))}
      </ul>
      {checkpoints.length > 0 && (
        <label className={styles.choice}>
          <input type="checkbox" checked={takesCheckpoints} onChange={(event) => setTakesCheckpoints(event.target.checked)} />
          {words.goes.checkpoints(checkpoints.length)}
        </label>
      )}
      {standing.length > 0 && (
        <div className={layout.tight}>
          <label className={styles.choice}>
            <input type="checkbox" checked={takesAliases} onChange={(event) => setTakesAliases(event.target.checked)} />
            {words.goes.aliases(standing.map((alias) => alias.id).join(", "))}
          </label>
          {!takesAliases && <span className={layout.quiet}>{words.goes.mustGo}</span>}
        </div>
      )}
      {size > 0 && <p className={layout.quiet}>{words.goes.frees(bytes(size, tag))}</p>}
      {deletion.data?.map(({ name, reason }) => (
        <Notice key={name} kind="error">
          {words.goes.failed}: <code>{name}</code>. {reason}
        </Notice>
      ))}
      <div className={layout.end}>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button
          kind="danger"
          disabled={deletion.isPending || going.length === 0 || (standing.length > 0 && !takesAliases)}
          onClick={() => deletion.mutate()}
        >
          {common.delete}
        </Button>
      </div>
    </div>
  );
}

interface Failure {
  name: string;
  reason: string;
}

/** One after the other, aliases first: what fails is said, and the others go all the same. */
async function deleteEach(models: readonly KeptModel[]): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const { id } of models.toSorted((one, other) => Number(other.kind === "alias") - Number(one.kind === "alias"))) {
    try {
      await api().models.delete(id);
    } catch (error) {
      failures.push({ name: id, reason: messageOf(error) });
    }
  }
  return failures;
}
