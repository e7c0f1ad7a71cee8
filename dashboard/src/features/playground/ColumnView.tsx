/** One model's conversation, and what can be done with it. */

import { clsx } from "clsx";
import { BookmarkPlus, Code, MoreHorizontal, Reply, ThumbsUp, X } from "lucide-react";
import { type SubmitEvent, useRef, useState } from "react";
import { Button, IconButton } from "@/components/controls/Button";
import { Call } from "@/components/display/Conversation";
import { Folded } from "@/components/display/Folded";
import { Picture } from "@/components/display/Picture";
import { TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Menu } from "@/components/controls/Menu";
import { ModelPicker } from "@/components/controls/ModelPicker";
import { Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import type { ToolCall } from "@/lib/conversation";
import { count, decimal } from "@/lib/format";
import { type Answer, type Column, type Entry, isUnanswered, openCalls } from "./columns";
import styles from "./Playground.module.css";
import { TokenText } from "./TokenText";
import { useFollow } from "./useFollow";

export interface ColumnActions {
  onModel: (model: string) => void;
  onRemove: (() => void) | null;
  onAsk: () => void;
  onResults: (results: ReadonlyMap<string, string>) => void;
  /** Says that this answer is better than the others; null when they cannot be compared. */
  onBetter: (() => void) | null;
  onSave: () => void;
  onCode: () => void;
}

export function ColumnView({
  column,
  showsProbabilities,
  actions,
}: {
  column: Column;
  showsProbabilities: boolean;
  actions: ColumnActions;
}) {
  const { playground: words, common } = useMessages();
  const turns = useRef<HTMLDivElement>(null);
  const onScroll = useFollow(turns, column.entries);
  const open = column.isRunning ? [] : openCalls(column.entries);
  return (
    <section className={styles.column} aria-label={column.model}>
      <div className={styles.columnHead}>
        <ModelPicker label={words.model} value={column.model} onChange={actions.onModel} />
        <Menu
          items={[
            {
              label: words.save,
              icon: <BookmarkPlus size={15} />,
              isDisabled: !column.entries.some((entry) => entry.role === "assistant"),
              onSelect: actions.onSave,
            },
            { label: words.viewCode, icon: <Code size={15} />, onSelect: actions.onCode },
          ]}
        >
          <IconButton label={common.more}>
            <MoreHorizontal />
          </IconButton>
        </Menu>
        {actions.onRemove && (
          <IconButton label={words.removeModel} onClick={actions.onRemove}>
            <X />
          </IconButton>
        )}
      </div>
      {/* It scrolls, so the keyboard must reach it. */}
      <div
        ref={turns}
        onScroll={onScroll}
        className={styles.turns}
        role="log"
        aria-label={column.model}
        tabIndex={0}
        aria-busy={column.isRunning}
      >
        {column.entries.length === 0 && <p className={layout.quiet}>{words.empty}</p>}
        {column.entries.map((entry, at) => (
          <EntryView
            key={at}
            entry={entry}
            isGrowing={column.isRunning && at === column.entries.length - 1}
            showsProbabilities={showsProbabilities}
          />
        ))}
        {!column.isRunning && isUnanswered(column.entries) && (
          <div>
            <Button size="small" onClick={actions.onAsk}>
              <Reply /> {words.ask}
            </Button>
          </div>
        )}
        {actions.onBetter && (
          <div>
            <Button size="small" onClick={actions.onBetter}>
              <ThumbsUp /> {words.better}
            </Button>
          </div>
        )}
        {open.length > 0 && <Results key={open.map((call) => call.id).join()} calls={open} onSend={actions.onResults} />}
      </div>
    </section>
  );
}

function EntryView({
  entry,
  isGrowing,
  showsProbabilities,
}: {
  entry: Entry;
  isGrowing: boolean;
  showsProbabilities: boolean;
}) {
  const words = useMessages().common;
  if (entry.role === "user") {
    return (
      <div className={styles.user}>
        {entry.images && (
          <div className={layout.row}>
            {entry.images.map((address, at) => (
              <Picture key={at} address={address} />
            ))}
          </div>
        )}
        <Folded text={entry.text} />
      </div>
    );
  }
  if (entry.role === "tool") {
    return (
      <div className={layout.tight}>
        <span className={layout.faint}>{words.conversation.resultOf(entry.callId)}</span>
        <div className={styles.text}><Folded text={entry.text || words.conversation.empty} /></div>
      </div>
    );
  }
  return (
    <div className={styles.answer}>
      {showsProbabilities && entry.tokens.length > 0 && entry.calls.length === 0 ? (
        <div className={clsx(styles.text, isGrowing && styles.cursor)}>
          <TokenText tokens={entry.tokens} />
        </div>
      ) : (
        (entry.text !== "" || isGrowing) && (
          <div className={clsx(styles.text, isGrowing && styles.cursor)}>{isGrowing ? entry.text : <Folded text={entry.text} />}</div>
        )
      )}
      {entry.calls.map((call, at) => (
        <Call key={at} call={call} />
      ))}
      {entry.error !== null && <Notice kind="error">{entry.error}</Notice>}
      {!isGrowing && <Meta answer={entry} />}
    </div>
  );
}

function Meta({ answer }: { answer: Answer }) {
  const words = useMessages().playground;
  const tag = useLocaleTag();
  const { usage, firstMs, totalMs } = answer;
  const seconds = totalMs === null ? null : totalMs / 1000;
  return (
    <div className={styles.meta}>
      {usage && <span>{words.usage(count(usage.prompt, tag), count(usage.completion, tag))}</span>}
      {seconds !== null && <span>{words.seconds(decimal(seconds, 2, tag))}</span>}
      {firstMs !== null && <span>{words.firstToken(count(Math.round(firstMs), tag))}</span>}
      {answer.finish === "length" && <span>{words.cutByLength}</span>}
    </div>
  );
}

function Results({ calls, onSend }: { calls: readonly ToolCall[]; onSend: (results: ReadonlyMap<string, string>) => void }) {
  const words = useMessages().playground;
  const [results, setResults] = useState<ReadonlyMap<string, string>>(new Map());
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    onSend(results);
  };
  return (
    <form className={styles.results} onSubmit={onSubmit}>
      {calls.map((call) => (
        <TextField
          key={call.id}
          label={words.resultOf(call.name)}
          isCode
          placeholder='{"temperature": 21}'
          value={results.get(call.id) ?? ""}
          onChange={(event) => setResults(new Map(results).set(call.id, event.target.value))}
        />
      ))}
      <div className={layout.end}>
        <Button type="submit" size="small">
          {words.sendResults}
        </Button>
      </div>
    </form>
  );
}
