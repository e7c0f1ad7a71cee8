/** A conversation as turns, with tool calls and their results. */

import { clsx } from "clsx";
import { useMessages } from "@/i18n";
import type { Example, Message, ToolCall } from "@/lib/conversation";
import { pretty } from "@/lib/jsonl";
import styles from "./Conversation.module.css";
import layout from "@/components/layout/layout.module.css";
import { Folded } from "./Folded";
import { Picture } from "./Picture";
import { Tag } from "./Status";

export function Conversation({ messages }: { messages: readonly Message[] }) {
  return (
    <ol className={styles.list}>
      {messages.map((message, at) => (
        <Turn key={at} message={message} />
      ))}
    </ol>
  );
}

export function Turn({ message }: { message: Message }) {
  const common = useMessages().common;
  const roles: Record<string, string> = common.roles;
  const isEmpty = message.text === "" && message.calls.length === 0 && message.images.length === 0;
  return (
    <li
      className={clsx(
        styles.turn,
        message.role === "assistant" && styles.assistant,
        !message.isLearned && styles.unlearned,
      )}
    >
      <div className={styles.role}>{roles[message.role] ?? message.role}</div>
      <div className={styles.body}>
        {message.answers !== null && (
          <div className={layout.faint}>{common.conversation.resultOf(message.answers)}</div>
        )}
        {message.text !== "" && <div className={styles.text}><Folded text={message.text} /></div>}
        {isEmpty && <div className={styles.none}>{common.conversation.empty}</div>}
        {message.images.map((url, at) => (
          <Picture key={at} address={url} />
        ))}
        {message.calls.map((call, at) => (
          <Call key={at} call={call} />
        ))}
        {!message.isLearned && (
          <div>
            <Tag>{common.conversation.notLearned}</Tag>
          </div>
        )}
      </div>
    </li>
  );
}

export function Call({ call }: { call: ToolCall }) {
  const common = useMessages().common;
  return (
    <div className={styles.call}>
      <div className={styles.callHead}>
        <span>{common.conversation.calls("")}</span>
        <code>{call.name}</code>
        <span className={layout.faint}>{call.id}</span>
      </div>
      <pre className={styles.arguments}><Folded text={pretty(call.arguments)} /></pre>
    </div>
  );
}

export function ExampleView({ example }: { example: Example }) {
  const words = useMessages().common.conversation;
  return (
    <div className={layout.stack}>
      {example.toolNames.length > 0 && (
        <div className={layout.quiet}>{words.tools(example.toolNames.join(", "))}</div>
      )}
      <Conversation messages={example.messages} />
      {example.preferred.length > 0 && (
        <div className={layout.halves}>
          <Answer title={words.preferred} messages={example.preferred} />
          <Answer title={words.rejected} messages={example.rejected} />
        </div>
      )}
    </div>
  );
}

function Answer({ title, messages }: { title: string; messages: Message[] }) {
  return (
    <div className={layout.tight}>
      <h3>{title}</h3>
      <Conversation messages={messages} />
    </div>
  );
}
