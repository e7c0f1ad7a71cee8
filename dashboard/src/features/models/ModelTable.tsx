/** The models of one group, each with what is known of it, and the checkpoints of a model below it. */

import { Link } from "@tanstack/react-router";
import { MessagesSquare, Trash2 } from "lucide-react";
import { useState } from "react";
import type { AddedBase, KeptModel } from "@/api/x";
import { IconButton, LinkButton } from "@/components/controls/Button";
import { CopyButton } from "@/components/display/Code";
import { Mark } from "@/components/display/Status";
import { type Column, Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import layout from "@/components/layout/layout.module.css";
import { SafetyButton } from "@/components/safety/SafetyButton";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes, count, parameters, percent } from "@/lib/format";
import { DeleteDialog } from "./DeleteModels";
import { ExportButton } from "./Export";
import { type KeptGroup, mayDelete } from "./kept";
import styles from "./Models.module.css";
import { RemoveBase } from "./RemoveBase";

interface Props {
  group: KeptGroup;
  all: readonly KeptModel[];
  /** Those that can be removed are among them. */
  bases: readonly AddedBase[];
  chosen: ReadonlySet<string>;
  onChoose: (id: string) => void;
}

interface Row {
  model: KeptModel;
  /** How many checkpoints can be shown below it. */
  checkpoints: number;
  isBelow: boolean;
}

export function ModelTable({ group, all, bases, chosen, onChoose }: Props) {
  const words = useMessages().models;
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setOpened((before) => (before.has(id) ? new Set([...before].filter((one) => one !== id)) : new Set([...before, id])));
  const rows = group.models.flatMap(({ model, checkpoints }): Row[] => [
    { model, checkpoints: checkpoints.length, isBelow: false },
    ...(opened.has(model.id) ? checkpoints.map((each) => ({ model: each, checkpoints: 0, isBelow: true })) : []),
  ]);
  return (
    <Table
      label={words.groups[group.kind]}
      rows={rows}
      keyOf={({ model }) => model.id}
      isSelected={({ model }) => chosen.has(model.id)}
      columns={useColumns({ group, all, bases, chosen, onChoose }, opened, toggle)}
    />
  );
}

function useColumns(
  { group, all, bases, chosen, onChoose }: Props,
  opened: ReadonlySet<string>,
  toggle: (id: string) => void,
): Column<Row>[] {
  const { models: words, jobs } = useMessages();
  const isTuned = group.kind === "tuned";
  const hasWeights = isTuned || group.kind === "bases" || group.kind === "embedding";
  const select: Column<Row> = {
    head: <span className="visually-hidden">{words.select}</span>,
    kind: "tight",
    cell: ({ model }) =>
      mayDelete(model) && (
        <input
          type="checkbox"
          aria-label={`${words.select}: ${model.id}`}
          checked={chosen.has(model.id)}
          onChange={() => onChoose(model.id)}
        />
      ),
  };
  const size: Column<Row>[] = [
    { head: words.parameters, kind: "number", isWideOnly: true, cell: ({ model }) => <Parameters model={model} /> },
    { head: words.size, kind: "number", isWideOnly: true, cell: ({ model }) => <Size model={model} /> },
  ];
  const figure: Column<Row> = { head: words.figure, isWideOnly: true, cell: ({ model }) => <Figure model={model} /> };
  return [
    ...(group.models.some(({ model }) => mayDelete(model)) ? [select] : []),
    {
      head: words.name,
      cell: (row) => (
        <>
          <Name row={row} isOpen={opened.has(row.model.id)} onToggle={() => toggle(row.model.id)} />
          <span className={layout.narrowLine}>
            <Actions model={row.model} all={all} bases={bases} />
          </span>
        </>
      ),
    },
    ...(isTuned ? [figure] : []),
    ...(hasWeights ? size : []),
    { head: words.lastUsed, kind: "tight", isWideOnly: true, cell: ({ model }) => <LastUsed model={model} /> },
    {
      head: <span className="visually-hidden">{jobs.actions}</span>,
      kind: "tight",
      isWideOnly: true,
      cell: ({ model }) => <Actions model={model} all={all} bases={bases} />,
    },
  ];
}

function Name({ row: { model, checkpoints, isBelow }, isOpen, onToggle }: { row: Row; isOpen: boolean; onToggle: () => void }) {
  const { models: words, safety } = useMessages();
  const tag = useLocaleTag();
  const sub = (
    <>
      {model.alias_of !== null && (
        <>
          {words.standsFor} {model.alias_of}
        </>
      )}
      {isBelow && model.step !== null && <>{words.atStep(count(model.step, tag))} · </>}
      {model.base !== null && <>{words.from(model.base)} · </>}
      {model.base !== null && <Origin model={model} />}
      {checkpoints > 0 && (
        <>
          {" · "}
          <button type="button" className={styles.toggle} aria-expanded={isOpen} onClick={onToggle}>
            {words.checkpoints(checkpoints)}
          </button>
        </>
      )}
      <Narrow model={model} />
    </>
  );
  return (
    <span className={isBelow ? styles.below : undefined}>
      <span className={layout.row}>
        <span>
          <Named name={model.id} sub={sub} />
        </span>
        {model.held_because !== null && <Mark kind="bad">{safety.held}</Mark>}
      </span>
    </span>
  );
}

function Origin({ model }: { model: KeptModel }) {
  const words = useMessages().models;
  if (model.job_id === null) return words.fromAnother;
  return (
    <Link
      to="/fine-tuning/$jobId"
      params={{ jobId: model.job_id }}
      className={styles.origin}
      aria-label={`${words.job}: ${model.id}`}
    >
      {words.job}
    </Link>
  );
}

/** What the columns of a wide screen say, where there is no room for them. */
function Narrow({ model }: { model: KeptModel }) {
  const words = useMessages().models;
  const tag = useLocaleTag();
  return (
    <span className={layout.narrowLine}>
      {[
        model.parameters !== null && parameters(model.parameters, tag),
        model.bytes !== null && bytes(model.bytes, tag),
        model.figure !== null && words.change(percent(model.figure.base, tag), percent(model.figure.tuned, tag)),
      ]
        .filter(Boolean)
        .join(" · ")}
    </span>
  );
}

function Parameters({ model }: { model: KeptModel }) {
  const words = useMessages().models;
  const tag = useLocaleTag();
  const isPart = model.trained_parameters !== null && model.trained_parameters !== model.parameters;
  const notes = [
    isPart && words.trained(parameters(model.trained_parameters ?? 0, tag)),
    model.context !== null && words.context(count(model.context, tag)),
  ].filter(Boolean);
  return <Named name={model.parameters === null ? "–" : parameters(model.parameters, tag)} sub={notes.join(" · ")} />;
}

function Size({ model }: { model: KeptModel }) {
  const tag = useLocaleTag();
  return model.bytes === null ? "–" : bytes(model.bytes, tag);
}

function Figure({ model }: { model: KeptModel }) {
  const words = useMessages().models;
  const tag = useLocaleTag();
  if (model.figure === null) return "–";
  const { base, tuned, measure } = model.figure;
  return <Named name={words.change(percent(base, tag), percent(tuned, tag))} sub={words.measures[measure]} />;
}

function LastUsed({ model }: { model: KeptModel }) {
  const words = useMessages().models;
  return model.last_used_at === null ? <span className={layout.quiet}>{words.never}</span> : <Ago at={model.last_used_at} />;
}

function Actions({ model, all, bases }: Pick<Props, "all" | "bases"> & { model: KeptModel }) {
  const words = useMessages().models;
  const isTuned = model.kind === "tuned" || model.kind === "checkpoint";
  return (
    <div className={layout.oneLine}>
      {model.kind !== "embedding" && (
        <LinkButton size="small" to="/playground" search={{ models: [model.id], system: undefined }}>
          <MessagesSquare /> {words.tryIt}
        </LinkButton>
      )}
      <CopyButton text={model.id} />
      {(isTuned || model.kind === "base") && <ExportButton model={model.id} />}
      {isTuned && <SafetyButton model={model.id} />}
      {mayDelete(model) && <DeleteOne model={model} all={all} />}
      {bases
        .filter((base) => base.name === model.id && !base.is_builtin)
        .map((base) => (
          <RemoveBase key={base.name} base={base} />
        ))}
    </div>
  );
}

function DeleteOne({ model, all }: { model: KeptModel; all: readonly KeptModel[] }) {
  const common = useMessages().common;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton size="small" label={`${common.delete}: ${model.id}`} onClick={() => setOpen(true)}>
        <Trash2 />
      </IconButton>
      <DeleteDialog
        all={all}
        chosen={new Set([model.id])}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        onDone={() => setOpen(false)}
      />
    </>
  );
}
