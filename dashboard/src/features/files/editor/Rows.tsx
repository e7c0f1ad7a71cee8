/** The table of conversations: as many rows as the file has lines, of which only the visible are drawn. */

import { useQueries } from "@tanstack/react-query";
import { clsx } from "clsx";
import { type KeyboardEvent, memo, useLayoutEffect, useRef, useState } from "react";
import { Tag } from "@/components/display/Status";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { type Changes, isSame, type RowKey } from "./changes";
import styles from "./Editor.module.css";
import { summaryOf } from "./example";
import { BLOCK_LINES, blockQuery } from "./queries";
import { shownRows } from "./window";

const ROW_PX = 60;
const HEIGHT_PX = 640;

export function Rows({
  fileId,
  rows,
  keyAt,
  changes,
  repeats,
  open,
  onOpen,
}: {
  fileId: string;
  /** How many there are. */
  rows: number;
  keyAt: (row: number) => RowKey;
  changes: Changes;
  /** The first line with the same value, by the line that repeats it. */
  repeats: ReadonlyMap<number, number>;
  open: RowKey | null;
  onOpen: (row: RowKey) => void;
}) {
  const words = useMessages().files.editor;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const { first, end } = shownRows(top, HEIGHT_PX, ROW_PX, rows);
  const keys = Array.from({ length: end - first }, (_, at) => keyAt(first + at));
  const texts = useTexts(fileId, keys);
  const removed = new Set(changes.removed);
  const openAt = keys.findIndex((key) => isSame(open, key));
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const wanted = first + openAt + step;
    if (step === 0 || openAt < 0 || wanted < 0 || wanted >= rows) return;
    event.preventDefault();
    onOpen(keyAt(wanted));
    const place = wanted * ROW_PX;
    const shown = box.current;
    if (shown === null) return;
    if (place < shown.scrollTop) shown.scrollTop = place;
    if (place + ROW_PX > shown.scrollTop + shown.clientHeight) shown.scrollTop = place + ROW_PX - shown.clientHeight;
  };
  useLayoutEffect(() => {
    // The focus follows the open row, when it was in the list.
    if (box.current?.contains(document.activeElement)) {
      box.current.querySelector<HTMLElement>("[aria-current=true]")?.focus({ preventScroll: true });
    }
  }, [open]);
  return (
    <div
      ref={box}
      className={styles.rows}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
      role="list"
      aria-label={words.rows}
      tabIndex={-1}
    >
      <div style={{ height: rows * ROW_PX, position: "relative" }}>
        {keys.map((key, at) => (
          <div
            key={"line" in key ? key.line : `+${key.added}`}
            role="listitem"
            aria-setsize={rows}
            aria-posinset={first + at + 1}
            className={styles.place}
            style={{ top: (first + at) * ROW_PX, height: ROW_PX }}
          >
            <RowView
              row={key}
              text={"added" in key ? changes.appended[key.added] : (changes.replaced[key.line] ?? texts.get(key.line))}
              isChanged={"line" in key && changes.replaced[key.line] !== undefined}
              isRemoved={"line" in key && removed.has(key.line)}
              repeats={"line" in key ? repeats.get(key.line) : undefined}
              isOpen={isSame(open, key)}
              onOpen={onOpen}
            />
          </div>
        ))}
      </div>
    </div>
  );
}

/** The lines that are to be shown, as far as they have arrived. */
function useTexts(fileId: string, keys: readonly RowKey[]): ReadonlyMap<number, string> {
  const lines = keys.flatMap((key) => ("line" in key ? [key.line] : []));
  const blocks = [...new Set(lines.map((line) => Math.floor((line - 1) / BLOCK_LINES)))];
  return useQueries({
    queries: blocks.map((block) => blockQuery(fileId, block)),
    combine: (found) => new Map(found.flatMap((block) => block.data?.data.map((line) => [line.line, line.text] as const) ?? [])),
  });
}

const RowView = memo(function RowView({
  row,
  text,
  isChanged,
  isRemoved,
  repeats,
  isOpen,
  onOpen,
}: {
  row: RowKey;
  text: string | undefined;
  isChanged: boolean;
  isRemoved: boolean;
  repeats: number | undefined;
  isOpen: boolean;
  onOpen: (row: RowKey) => void;
}) {
  const words = useMessages().files.editor;
  const tag = useLocaleTag();
  const summary = text === undefined ? null : summaryOf(text);
  return (
    <button
      type="button"
      className={clsx(styles.row, isRemoved && styles.removed)}
      aria-current={isOpen || undefined}
      onClick={() => onOpen(row)}
    >
      <span className={styles.number}>{"line" in row ? count(row.line, tag) : "+"}</span>
      <span className={styles.texts}>
        <span className={styles.asked}>{text === undefined ? "…" : (summary?.asked ?? text.slice(0, 200))}</span>
        <span className={styles.answered}>{summary?.answered}</span>
      </span>
      <span className={styles.marks}>
        {isChanged && <Tag>{words.changed}</Tag>}
        {isRemoved && <Tag>{words.removed}</Tag>}
        {"added" in row && <Tag>{words.added}</Tag>}
        {repeats !== undefined && <Tag>{words.repeats(count(repeats, tag))}</Tag>}
      </span>
    </button>
  );
});
