/** Every model that the server serves; bases are added and removed, fine-tuned ones deleted. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Boxes, MessagesSquare, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Model } from "openai/resources/models";
import { api } from "@/api/client";
import { modelsQuery } from "@/api/queries";
import type { AddedBase } from "@/api/x";
import { Button, IconButton, LinkButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { CopyButton } from "@/components/display/Code";
import { Confirm } from "@/components/layout/Confirm";
import { SearchInput } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty } from "@/components/layout/States";
import { Mark } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { SafetyButton } from "@/components/safety/SafetyButton";
import { useMessages } from "@/i18n";
import { groupModels, kindOf, type ModelKind } from "@/lib/models";
import { ExportButton } from "./Export";
import { AddBase } from "./AddBase";
import { Additions } from "./Additions";
import { basesQuery } from "./queries";
import { RemoveBase } from "./RemoveBase";

const IS_TUNED: ReadonlySet<ModelKind> = new Set<ModelKind>(["tuned", "checkpoints"]);
const HAS_WEIGHTS: ReadonlySet<ModelKind> = new Set<ModelKind>(["bases", "tuned", "checkpoints"]);

export function Models({ filter, onFilter }: { filter: string; onFilter: (filter?: string) => void }) {
  const { models: words, bases: baseWords, common } = useMessages();
  const models = useQuery(modelsQuery);
  const bases = useQuery(basesQuery).data;
  const [isAdding, setAdding] = useState(false);
  return (
    <Page
      title={common.nav.models}
      about={words.about}
      actions={
        bases?.may_change && (
          <Button kind="primary" onClick={() => setAdding(true)}>
            <Plus /> {baseWords.add}
          </Button>
        )
      }
    >
      {bases && !bases.may_change && (
        <p className={layout.quiet}>
          {baseWords.onlyHere} <code>understudy models add Qwen/Qwen3-0.6B</code>
        </p>
      )}
      {isAdding && <AddBase onClose={() => setAdding(false)} />}
      <div className={layout.filters}>
        <SearchInput
          label={common.modelPicker.filter}
          value={filter}
          onChange={(event) => onFilter(event.target.value || undefined)}
        />
      </div>
      <Loaded query={models} lines={6}>
        {(all) => {
          const groups = groupModels(all, filter);
          if (groups.length === 0) return <Empty icon={Boxes} title={common.modelPicker.nothing} />;
          const byName = new Map(all.map((model) => [model.id, model]));
          return (
            <div className={layout.stack}>
              <Additions additions={bases?.additions ?? []} />
              {groups.map((group) => (
                <Card key={group.kind} isFlush title={common.modelPicker[group.kind]}>
                  <ModelTable
                    label={common.modelPicker[group.kind]}
                    models={group.names.flatMap((name) => byName.get(name) ?? [])}
                    bases={bases?.may_change ? bases.data : []}
                  />
                </Card>
              ))}
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}

function isHeld(model: Model): boolean {
  return typeof (model as { held_because?: unknown }).held_because === "string";
}

function ModelTable({
  label,
  models,
  bases,
}: {
  label: string;
  models: readonly Model[];
  /** Those that can be removed are among them. */
  bases: readonly AddedBase[];
}) {
  const { models: words, jobs, safety } = useMessages();
  return (
    <Table
      label={label}
      rows={models}
      keyOf={(model) => model.id}
      columns={[
        { head: words.name, cell: (model) => (
            <span className={layout.row}>
              <Named name={model.id} /> {isHeld(model) && <Mark kind="bad">{safety.held}</Mark>}
            </span>
          ),
        },
        { head: words.owner, isWideOnly: true, kind: "tight", cell: (model) => model.owned_by },
        {
          head: words.created,
          isWideOnly: true,
          kind: "tight",
          cell: (model) => (model.created > 0 ? <Ago at={model.created} /> : "–"),
        },
        {
          head: <span className="visually-hidden">{jobs.actions}</span>,
          kind: "tight",
          cell: (model) => (
            <div className={layout.oneLine}>
              <LinkButton size="small" to="/playground" search={{ models: [model.id], system: undefined }}>
                <MessagesSquare /> {words.tryIt}
              </LinkButton>
              <CopyButton text={model.id} />
              {HAS_WEIGHTS.has(kindOf(model)) && <ExportButton model={model.id} />}
              {IS_TUNED.has(kindOf(model)) && <SafetyButton model={model.id} />}
              {IS_TUNED.has(kindOf(model)) && <Delete model={model.id} />}
              {bases
                .filter((base) => base.name === model.id && !base.is_builtin)
                .map((base) => (
                  <RemoveBase key={base.name} base={base} />
                ))}
            </div>
          ),
        },
      ]}
    />
  );
}

function Delete({ model }: { model: string }) {
  const { models: words, common } = useMessages();
  const cache = useQueryClient();
  return (
    <Confirm
      title={words.deleteTitle}
      about={`${model}. ${words.deleteText}`}
      action={common.delete}
      onConfirm={async () => {
        await api().models.delete(model);
        await cache.invalidateQueries({ queryKey: modelsQuery.queryKey });
      }}
      trigger={(open) => (
        <IconButton size="small" label={`${common.delete}: ${model}`} onClick={open}>
          <Trash2 />
        </IconButton>
      )}
    />
  );
}
