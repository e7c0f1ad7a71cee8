/** One stored completion or response in full. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { api } from "@/api/client";
import { Button } from "@/components/controls/Button";
import { Card, Facts } from "@/components/layout/Card";
import { CodeBlock, Id } from "@/components/display/Code";
import { Confirm } from "@/components/layout/Confirm";
import { Conversation } from "@/components/display/Conversation";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Tag } from "@/components/display/Status";
import { Ago } from "@/components/display/Time";
import { useMessages } from "@/i18n";
import { shownMessages } from "@/lib/logs";
import { conversationQuery, type LogKind } from "./entries";

export function LogPage({ kind, id }: { kind: LogKind; id: string }) {
  const { logs: words, common } = useMessages();
  const conversation = useQuery(conversationQuery(kind, id));
  return (
    <Page
      title={words.kinds[kind]}
      about={<Id text={id} />}
      crumb={{ label: common.nav.logs, to: { to: "/logs", search: { kind } } }}
      actions={<Delete kind={kind} id={id} />}
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
                  [words.tokens, entry.tokens],
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
