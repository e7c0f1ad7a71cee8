/** One menu for every model: bases, tuned models and checkpoints, found by typing. */

import { useQuery } from "@tanstack/react-query";
import { ChevronsUpDown } from "lucide-react";
import { Popover } from "radix-ui";
import { type KeyboardEvent, useId, useState } from "react";
import { modelsQuery } from "@/api/queries";
import { useMessages } from "@/i18n";
import { chatGroups } from "@/lib/models";
import { Button } from "./Button";
import { SearchInput } from "./Field";
import styles from "./ModelPicker.module.css";

/** The end of a name distinguishes models, so a long name is cut before it. */
const TAIL = 14;

export function ModelPicker({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (model: string) => void;
}) {
  const common = useMessages().common;
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button className={styles.trigger} aria-label={`${label}: ${value || common.modelPicker.choose}`}>
          <span className={styles.name} title={value}>
            <span>{value.slice(0, -TAIL) || (value === "" && common.modelPicker.choose)}</span>
            <span>{value.slice(-TAIL)}</span>
          </span>
          <ChevronsUpDown />
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className={styles.popover} align="start" sideOffset={4} aria-label={label}>
          <Choices
            label={label}
            value={value}
            onChoose={(model) => {
              onChange(model);
              setOpen(false);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Choices({ label, value, onChoose }: { label: string; value: string; onChoose: (model: string) => void }) {
  const words = useMessages().common.modelPicker;
  const listId = useId();
  const models = useQuery(modelsQuery);
  const [filter, setFilter] = useState("");
  const [active, setActive] = useState(0);
  const groups = chatGroups(models.data ?? [], filter);
  const flat = groups.flatMap((group) => group.names);

  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const move = moves[event.key];
    if (move !== undefined && flat.length > 0) {
      event.preventDefault();
      setActive((at) => (at + move + flat.length) % flat.length);
    }
    const chosen = flat[active];
    if (event.key === "Enter" && chosen !== undefined) {
      event.preventDefault();
      onChoose(chosen);
    }
  };
  return (
    <>
      <SearchInput
        label={words.filter}
        value={filter}
        role="combobox"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={flat.length > 0 ? `${listId}-${active}` : undefined}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setFilter(event.target.value);
          setActive(0);
        }}
      />
      <div className={styles.list} role="listbox" id={listId} aria-label={label}>
        {groups.map((group) => (
          <div key={group.kind} role="group" aria-label={words[group.kind]}>
            <div className={styles.group} aria-hidden>
              {words[group.kind]}
            </div>
            {group.names.map((name) => {
              const at = flat.indexOf(name);
              return (
                <div
                  key={name}
                  id={`${listId}-${at}`}
                  role="option"
                  aria-selected={name === value}
                  className={styles.option}
                  data-active={at === active}
                  onPointerMove={() => setActive(at)}
                  onClick={() => onChoose(name)}
                >
                  {name}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      {flat.length === 0 && <div className={styles.nothing}>{words.nothing}</div>}
    </>
  );
}
