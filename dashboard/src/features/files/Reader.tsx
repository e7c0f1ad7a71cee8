/** The lines of a file, a few at a time however many there are, conversations shown as such. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, FileText } from "lucide-react";
import { type SubmitEvent, useState } from "react";
import { type FileLines, x } from "@/api/x";
import { Button, IconButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { ExampleView } from "@/components/display/Conversation";
import { Folded } from "@/components/display/Folded";
import field from "@/components/controls/Field.module.css";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Empty, Notice } from "@/components/layout/States";
import { Segments } from "@/components/controls/Tabs";
import { useLocaleTag, useMessages } from "@/i18n";
import { readExample } from "@/lib/conversation";
import { count } from "@/lib/format";
import { withAddresses } from "@/lib/images";
import { parseObject } from "@/lib/jsonl";
import styles from "./Reader.module.css";

const AT_ONCE = 10;

export function Reader({ id, first, onFirst }: { id: string; first: number; onFirst: (line: number) => void }) {
  const words = useMessages().files.reader;
  const tag = useLocaleTag();
  const [look, setLook] = useState<"conversation" | "raw">("conversation");
  const lines = useQuery({
    queryKey: ["files", id, "lines", first],
    queryFn: ({ signal }) => x.fileLines(id, { start: first, limit: AT_ONCE }, signal),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  return (
    <Loaded query={lines}>
      {(page) => {
        if (page.total_lines === 0) return <Empty icon={FileText} title={words.empty} />;
        const last = Math.min(first + AT_ONCE - 1, page.total_lines);
        return (
          <Card
            isFlush
            title={words.lines(count(Math.min(first, page.total_lines), tag), count(last, tag), count(page.total_lines, tag))}
            actions={
              <>
                <Segments
                  label={words.asConversation}
                  options={[
                    { name: "conversation", label: words.asConversation },
                    { name: "raw", label: words.raw },
                  ]}
                  current={look}
                  onChange={setLook}
                />
                <GoTo total={page.total_lines} onGo={onFirst} />
                <IconButton
                  size="small"
                  label={words.previous}
                  disabled={first === 1}
                  onClick={() => onFirst(Math.max(1, first - AT_ONCE))}
                >
                  <ChevronLeft />
                </IconButton>
                <IconButton
                  size="small"
                  label={words.next}
                  disabled={last >= page.total_lines}
                  onClick={() => onFirst(first + AT_ONCE)}
                >
                  <ChevronRight />
                </IconButton>
              </>
            }
          >
            {page.data.map((line) => (
              <Line key={line.line} fileId={id} line={line} isRaw={look === "raw"} />
            ))}
          </Card>
        );
      }}
    </Loaded>
  );
}

function Line({ fileId, line, isRaw }: { fileId: string; line: FileLines["data"][number]; isRaw: boolean }) {
  const words = useMessages().files.reader;
  const parsed = isRaw ? null : parseObject(line.text);
  const example = parsed && readExample(parsed);
  return (
    <article className={styles.line}>
      <div className={styles.number}>{line.line}</div>
      <div className={layout.tight}>
        {example ? <ExampleView example={withAddresses(example, fileId, line.line)} /> : <pre className={styles.raw}><Folded text={line.text} /></pre>}
        {line.is_cut && <Notice kind="info">{words.cut}</Notice>}
      </div>
    </article>
  );
}

function GoTo({ total, onGo }: { total: number; onGo: (line: number) => void }) {
  const words = useMessages().files.reader;
  const [text, setText] = useState("");
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const line = Number(text);
    if (Number.isInteger(line) && line >= 1) onGo(Math.min(line, total));
    setText("");
  };
  return (
    <form onSubmit={onSubmit} className={layout.row}>
      <div className={styles.goto}>
        <input
          className={field.control}
          inputMode="numeric"
          aria-label={words.goTo}
          placeholder={words.goTo}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <Button type="submit" size="small" className="visually-hidden">
        {words.goTo}
      </Button>
    </form>
  );
}
