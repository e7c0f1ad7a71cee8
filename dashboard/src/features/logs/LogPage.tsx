/** One stored completion or response in full. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { MessagesSquare, Trash2 } from "lucide-react";
import { api } from "@/api/client";
import { Button, LinkButton } from "@/components/controls/Button";
import { Card, Facts } from "@/components/layout/Card";
import { CodeBlock, Id } from "@/components/display/Code";
import { Confirm } from "@/components/layout/Confirm";
import { Conversation } from "@/components/display/Conversation";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Tag } from "@/components/display/Status";
import { Ago } from "@/components/display/Time";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, took } from "@/lib/format";
import type { JsonObject } from "@/lib/jsonl";
import { shownMessages } from "@/lib/logs";
import { conversationQuery, type LogConversation, type LogEntry, type LogKind } from "./entries";

export function LogPage({ kind, id }: { kind: LogKind; id: string }) {
  const { logs: words, common } = useMessages();
  const conversation = useQuery(conversationQuery(kind, id));
  return (
    <Page
      title={words.kinds[kind]}
      about={<Id text={id} />}
      crumb={{ label: common.nav.logs, to: { to: "/logs", search: { kind } } }}
      actions={
        <>
          {conversation.data && <OpenInPlayground conversation={conversation.data} />}
          <Delete kind={kind} id={id} />
        </>
      }
    >
      <Loaded query={conversation}>
        {({ entry, messages, stored }) => (
          <div className={layout.main}>
            <div className={layout.stack}>
              <Card>
                <Conversation messages={shownMessages(messages)} />
              </Card>
              <details>
                <summary className={layout.quiet}>{words.asStored}</summary>
                <CodeBlock code={JSON.stringify(stored, null, 2)} isWrapped />
              </details>
            </div>
            <Card title={words.details}>
              <Facts
                facts={[
                  [words.model, entry.model],
                  [words.created, <Ago key="created" at={entry.created} />],
                  [words.latency, entry.seconds !== null && <Latency key="latency" seconds={entry.seconds} />],
                  [words.tokens, <TokenSplit key="tokens" entry={entry} />],
                  ...entry.parameters.map(([name, value]) => [<code key={name}>{name}</code>, value] as const),
                  [
                    words.metadataHead,
                    Object.keys(entry.metadata).length > 0 && (
                      <span key="metadata" className={layout.row}>
                        {Object.entries(entry.metadata).map(([key, value]) => (
                          <Tag key={key}>
                            {key}: {value}
                          </Tag>
                        ))}
                      </span>
                    ),
                  ],
                ]}
              />
            </Card>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

// What an address can carry: a longer question is typed again.
const MAX_QUESTION_CHARACTERS = 4000;

/** The model, the system prompt and the last question; a conversation begins anew there. */
function OpenInPlayground({ conversation: { entry, messages } }: { conversation: LogConversation }) {
  const words = useMessages().logs;
  return (
    <LinkButton
      to="/playground"
      search={{
        models: [entry.model],
        system: said(messages.find(({ role }) => role === "system" || role === "developer")) ?? "",
        question: said(messages.findLast(({ role }) => role === "user"))?.slice(0, MAX_QUESTION_CHARACTERS),
      }}
    >
      <MessagesSquare /> {words.openInPlayground}
    </LinkButton>
  );
}

function said(message: JsonObject | undefined): string | undefined {
  if (typeof message?.content === "string") return message.content;
  return shownMessages(message === undefined ? [] : [message])[0]?.text;
}

function Latency({ seconds }: { seconds: number }) {
  return took(seconds, useLocaleTag());
}

function TokenSplit({ entry: { tokens, split } }: { entry: LogEntry }) {
  const words = useMessages().logs;
  const tag = useLocaleTag();
  if (tokens === null) return "–";
  const { prompt, cached, answer, reasoning } = split ?? { prompt: 0, cached: 0, answer: 0, reasoning: 0 };
  return (
    <>
      {count(tokens, tag)}
      {split && (
        <span className={layout.quiet}>
          <br />
          {words.split(count(prompt, tag), count(answer, tag))}
          {cached > 0 && ` · ${words.cached(count(cached, tag))}`}
          {reasoning > 0 && ` · ${words.reasoning(count(reasoning, tag))}`}
        </span>
      )}
    </>
  );
}

function Delete({ kind, id }: { kind: LogKind; id: string }) {
  const { logs: words, common } = useMessages();
  const navigate = useNavigate();
  const cache = useQueryClient();
  return (
    <Confirm
      title={words.deleteTitle}
      about={words.deleteText}
      action={common.delete}
      onConfirm={async () => {
        if (kind === "completions") await api().chat.completions.delete(id);
        else await api().responses.delete(id);
        await navigate({ to: "/logs", search: { kind } });
        await cache.invalidateQueries({ queryKey: ["logs"] });
      }}
      trigger={(open) => (
        <Button kind="danger" onClick={open}>
          <Trash2 /> {common.delete}
        </Button>
      )}
    />
  );
}
