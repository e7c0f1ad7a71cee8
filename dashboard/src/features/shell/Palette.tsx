/** The palette: any page, any action and whatever the server finds, by typing a few letters of it. */

import { useQueries } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { ArrowRight, Boxes, FileText, FlaskConical, Link2, type LucideIcon, ScrollText, SlidersHorizontal } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ClipboardEvent, useRef, useState } from "react";
import { Backdrop } from "@/components/layout/Dialog";
import { useMessages } from "@/i18n";
import { useDebounced } from "@/lib/debounced";
import { focusContent } from "@/lib/tab/focus";
import { targetOf } from "@/lib/tab/targets";
import { actionEntries, type Entry, matches, matching, pageEntries } from "./paletteEntries";
import { FOUND_KINDS, type FoundKind, foundQuery } from "./paletteSearch";
import styles from "./Palette.module.css";

const DEBOUNCE_MS = 150;
const ICONS: Record<FoundKind, LucideIcon> = {
  jobs: SlidersHorizontal,
  models: Boxes,
  files: FileText,
  evals: FlaskConical,
  logs: ScrollText,
};

export default function Palette({ onClose }: { onClose: () => void }) {
  const words = useMessages().palette;
  const hasLeft = useRef(false);
  // Radix returns to a trigger of its own, and the palette has none.
  const opener = useRef(document.activeElement instanceof HTMLElement ? document.activeElement : null);
  const navigate = useNavigate();
  const go = (target: Entry["go"]) => {
    hasLeft.current = true;
    onClose();
    void navigate(target);
  };
  return (
    <Radix.Root open onOpenChange={(isOpen) => isOpen || onClose()}>
      <Radix.Portal>
        <Backdrop />
        <Radix.Content
          className={styles.palette}
          aria-describedby={undefined}
          // Who chose a page reads on there; who did not is back where they were.
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (hasLeft.current) focusContent();
            else opener.current?.focus();
          }}
        >
          <Radix.Title className="visually-hidden">{words.title}</Radix.Title>
          <Search onGo={go} onCopy={() => void navigator.clipboard.writeText(window.location.href).then(onClose)} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Search({ onGo, onCopy }: { onGo: (target: Entry["go"]) => void; onCopy: () => void }) {
  const messages = useMessages();
  const words = messages.palette;
  const [text, setText] = useState("");
  const asked = useDebounced(text.trim(), DEBOUNCE_MS);
  const found = useQueries({ queries: FOUND_KINDS.map((kind) => foundQuery(kind, asked)) });
  const target = targetOf(text);
  const pages = matching(pageEntries(messages.common), text);
  const actions = matching(actionEntries(messages), text);
  const canCopy = matches([messages.common.copyLink, "copy link share url"], text);
  const isBusy = asked !== text.trim() || found.some((query) => query.isFetching && asked !== "");
  const isAway = found.some((query) => query.isError);
  const total = pages.length + actions.length + found.reduce((sum, query) => sum + (query.data?.length ?? 0), Number(target !== null) + Number(canCopy));
  const onPaste = (event: ClipboardEvent) => {
    const pasted = targetOf(event.clipboardData.getData("text"));
    if (pasted === null || text !== "") return;
    event.preventDefault();
    onGo(pasted);
  };
  return (
    <Command label={words.title} shouldFilter={false} loop className={styles.command}>
      <Command.Input
        className={styles.input}
        placeholder={words.placeholder}
        value={text}
        onValueChange={setText}
        onPaste={onPaste}
        maxLength={512}
      />
      <Command.List className={styles.list} label={words.results}>
        {target && (
          <Row value="target" icon={ArrowRight} name={words.open(text.trim())} onSelect={() => onGo(target)} />
        )}
        <Entries heading={words.actions} entries={actions} onGo={onGo} />
        {canCopy && (
          <Row value="copy link" icon={Link2} name={messages.common.copyLink} onSelect={onCopy} />
        )}
        <Entries heading={words.pages} entries={pages} onGo={onGo} />
        {FOUND_KINDS.map((kind, at) => {
          const items = asked === "" ? [] : (found[at]?.data ?? []);
          return (
            items.length > 0 && (
              <Command.Group key={kind} heading={words.kinds[kind]} className={styles.group}>
                {items.map(({ id, name, target: to }) => (
                  <Row key={id} value={`${kind} ${id}`} icon={ICONS[kind]} name={name} sub={id} onSelect={() => onGo(to)} />
                ))}
              </Command.Group>
            )
          );
        })}
      </Command.List>
      <div className={styles.foot} role="status">
        {isAway ? words.failed : isBusy ? words.searching : total === 0 ? words.nothing : words.count(total)}
      </div>
    </Command>
  );
}

function Entries({ heading, entries, onGo }: { heading: string; entries: Entry[]; onGo: (target: Entry["go"]) => void }) {
  if (entries.length === 0) return null;
  return (
    <Command.Group heading={heading} className={styles.group}>
      {entries.map(({ id, name, icon, go }) => (
        <Row key={id} value={id} icon={icon} name={name} onSelect={() => onGo(go)} />
      ))}
    </Command.Group>
  );
}

function Row({
  value,
  icon: Icon,
  name,
  sub,
  onSelect,
}: {
  value: string;
  icon: LucideIcon;
  name: string;
  sub?: string;
  onSelect: () => void;
}) {
  return (
    <Command.Item value={value} onSelect={onSelect} className={styles.item}>
      <Icon size={16} aria-hidden />
      <span className={styles.name}>{name}</span>
      {sub !== undefined && sub !== name && <span className={styles.sub}>{sub}</span>}
    </Command.Item>
  );
}
