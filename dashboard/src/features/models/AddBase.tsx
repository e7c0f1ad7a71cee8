/** The window in which a base is added: from the catalogue, the hub, a directory or a GGUF file. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { type NewBase, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { TextField } from "@/components/controls/Field";
import { Segments } from "@/components/controls/Tabs";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { CatalogueTable } from "./CatalogueTable";
import { basesQuery, catalogueQuery } from "./queries";

type Source = "catalogue" | "hub" | "directory" | "gguf";

export function AddBase({ onClose }: { onClose: () => void }) {
  const words = useMessages().bases;
  const [source, setSource] = useState<Source>("catalogue");
  const cache = useQueryClient();
  const addition = useMutation({
    mutationFn: (base: NewBase) => x.addBase(base),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: basesQuery.queryKey });
      onClose();
    },
  });
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.add} about={words.addAbout} isWide>
      <div className={layout.stack}>
        <Segments
          label={words.from}
          current={source}
          onChange={(next) => {
            addition.reset();
            setSource(next);
          }}
          options={(["catalogue", "hub", "directory", "gguf"] as const).map((name) => ({
            name,
            label: words.source[name],
          }))}
        />
        <Problem error={addition.error} />
        {source === "catalogue" ? (
          <Catalogue isBusy={addition.isPending} onAdd={(name) => addition.mutate({ name })} />
        ) : (
          <SourceForm key={source} source={source} isBusy={addition.isPending} onAdd={addition.mutate} />
        )}
      </div>
    </Dialog>
  );
}

function Catalogue({ isBusy, onAdd }: { isBusy: boolean; onAdd: (name: string) => void }) {
  const catalogue = useQuery(catalogueQuery);
  return (
    <Loaded query={catalogue} lines={6}>
      {(found) => <CatalogueTable catalogue={found} isBusy={isBusy} onAdd={onAdd} />}
    </Loaded>
  );
}

function SourceForm({
  source,
  isBusy,
  onAdd,
}: {
  source: Exclude<Source, "catalogue">;
  isBusy: boolean;
  onAdd: (base: NewBase) => void;
}) {
  const { bases: words, models } = useMessages();
  const [place, setPlace] = useState("");
  const [name, setName] = useState("");
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const from = place.trim();
    if (source === "hub") onAdd(name.trim() === "" ? { name: from } : { name: name.trim(), hub_id: from });
    else onAdd({ name: name.trim(), [source]: from });
  };
  return (
    <form onSubmit={onSubmit} className={layout.stack}>
      <TextField
        label={words.source[source]}
        hint={words.hint[source]}
        isCode
        autoFocus
        value={place}
        onChange={(event) => setPlace(event.target.value)}
      />
      <TextField
        label={models.name}
        hint={words.nameHint}
        isOptional={source === "hub"}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <div className={layout.end}>
        <Button
          type="submit"
          kind="primary"
          disabled={isBusy || place.trim() === "" || (source !== "hub" && name.trim() === "")}
        >
          {words.add}
        </Button>
      </div>
    </form>
  );
}
