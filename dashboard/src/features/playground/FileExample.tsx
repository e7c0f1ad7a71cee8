/** The line of a job's file that stands in the message field: stepped through, and asked anew. */

import { useErrorText } from "@/api/errorText";
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, RotateCcw } from "lucide-react";
import { lineOfJobQuery } from "@/api/queries";
import { Button, IconButton } from "@/components/controls/Button";
import { FileLink } from "@/components/display/FileLink";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import styles from "./Playground.module.css";

export function FileExample({
  jobId,
  line,
  canAsk,
  onLine,
  onAsk,
}: {
  jobId: string;
  line: number;
  canAsk: boolean;
  onLine: (line: number) => void;
  /** Begins a new conversation with the question. */
  onAsk: (question: string) => void;
}) {
  const words = useMessages().playground.fromFile;
  const textOf = useErrorText();
  const tag = useLocaleTag();
  const found = useQuery(lineOfJobQuery(jobId, line));
  if (found.isError) return <Notice kind="warning">{words.lost(textOf(found.error))}</Notice>;
  if (found.data === undefined) return null;
  const { fileId, isSeen, total, example } = found.data;
  return (
    <section className={styles.fromFile} aria-label={words.title}>
      <div className={layout.between}>
        <span className={layout.row}>
          <span className={layout.quiet}>{words.title}</span>
          <FileLink id={fileId} />
        </span>
        <span className={layout.row}>
          <IconButton size="small" label={words.previous} disabled={line <= 1} onClick={() => onLine(line - 1)}>
            <ChevronLeft />
          </IconButton>
          <span className={layout.quiet}>{words.line(count(line, tag), count(total, tag))}</span>
          <IconButton size="small" label={words.next} disabled={line >= total} onClick={() => onLine(line + 1)}>
            <ChevronRight />
          </IconButton>
          {example && (
            <Button size="small" disabled={!canAsk} onClick={() => onAsk(example.question)}>
              <RotateCcw /> {words.ask}
            </Button>
          )}
        </span>
      </div>
      {example === null ? (
        <p className={layout.quiet}>{words.noQuestion}</p>
      ) : (
        example.expected !== "" && (
          <div className={layout.tight}>
            <span className={layout.faint}>{words.expected}</span>
            <div className={styles.text}>{example.expected}</div>
          </div>
        )
      )}
      <p className={layout.faint}>{isSeen ? words.seen : words.unseen}</p>
    </section>
  );
}
