/** One example of the file: its messages as fields, or the line as JSON. */

import { ArrowLeft, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/controls/Button";
import { TextArea } from "@/components/controls/Field";
import { Segments } from "@/components/controls/Tabs";
import { Card } from "@/components/layout/Card";
import { Notice } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import type { JsonObject } from "@/lib/jsonl";
import { parseObject } from "@/lib/jsonl";
import styles from "./Editor.module.css";
import { listsOf, type MessageList, replacedAt, withMessages } from "./example";
import { MessageFields } from "./MessageFields";

export function ExampleEditor({
  title,
  text,
  isChanged,
  isRemoved,
  onChange,
  onRemove,
  onRestore,
  onClose,
}: {
  title: string;
  text: string;
  isChanged: boolean;
  isRemoved: boolean;
  onChange: (text: string) => void;
  onRemove: () => void;
  /** Null for an example that no file has yet. */
  onRestore: (() => void) | null;
  onClose: () => void;
}) {
  const words = useMessages().files.editor;
  const reader = useMessages().files.reader;
  const [wanted, setWanted] = useState<"conversation" | "raw">("conversation");
  const lists = listsOf(text);
  const look = lists === null ? "raw" : wanted;
  return (
    <Card
      title={title}
      actions={
        <>
          <Button size="small" className={styles.back} onClick={onClose}>
            <ArrowLeft /> {words.rows}
          </Button>
          <Segments
            label={reader.asConversation}
            options={[
              { name: "conversation", label: reader.asConversation, isDisabled: lists === null },
              { name: "raw", label: reader.raw },
            ]}
            current={look}
            onChange={setWanted}
          />
          {onRestore !== null && (isChanged || isRemoved) && (
            <Button size="small" onClick={onRestore}>
              <RotateCcw /> {words.restore}
            </Button>
          )}
          {!isRemoved && (
            <Button size="small" onClick={onRemove}>
              <Trash2 /> {words.remove}
            </Button>
          )}
        </>
      }
    >
      {isRemoved ? (
        <Notice kind="info">{words.isRemoved}</Notice>
      ) : look === "raw" || lists === null ? (
        <TextArea
          label={reader.raw}
          isCode
          className={styles.json}
          error={parseObject(text) === null ? words.badJson : null}
          value={text}
          // An example is one line: a pasted line break stands between values, where it means nothing.
          onChange={(event) => onChange(event.target.value.replace(/[\r\n]+/g, " "))}
        />
      ) : (
        lists.map((list) => (
          <Messages
            key={list.name}
            list={list}
            hasTitle={lists.length > 1}
            onChange={(messages) => onChange(withMessages(text, list.name, messages))}
          />
        ))
      )}
    </Card>
  );
}

function Messages({
  list,
  hasTitle,
  onChange,
}: {
  list: MessageList;
  hasTitle: boolean;
  onChange: (messages: JsonObject[]) => void;
}) {
  const words = useMessages().files.editor;
  const { messages } = list;
  const insert = (at: number) => {
    const role = messages[at - 1]?.role === "user" ? "assistant" : "user";
    onChange([...messages.slice(0, at), { role, content: "" }, ...messages.slice(at)]);
  };
  return (
    <section>
      {hasTitle && <h3>{words.lists[list.name]}</h3>}
      {messages.map((message, at) => (
        <MessageFields
          // Messages have no names of their own.
          key={at}
          message={message}
          number={at + 1}
          canWeigh={list.name === "messages"}
          onChange={(changed) => onChange(replacedAt(messages, at, changed))}
          onRemove={messages.length > 1 ? () => onChange(messages.filter((_, index) => index !== at)) : null}
          onAddBelow={() => insert(at + 1)}
        />
      ))}
    </section>
  );
}
