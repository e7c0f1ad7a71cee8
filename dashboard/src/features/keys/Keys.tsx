/** The keys of the project: made, shown once, revoked. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { type SubmitEvent, useState } from "react";
import { type CreatedApiKey, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { CodeBlock } from "@/components/display/Code";
import { Confirm } from "@/components/layout/Confirm";
import { Dialog } from "@/components/layout/Dialog";
import { TextField } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty, Notice, Problem } from "@/components/layout/States";
import { Tag } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { useMessages } from "@/i18n";

const LIST = ["keys"];

export function Keys({ isCreating, onCreating }: { isCreating: boolean; onCreating: (isCreating: boolean) => void }) {
  const { keys: words, common } = useMessages();
  const keys = useQuery({ queryKey: LIST, queryFn: ({ signal }) => x.keys(signal) });
  return (
    <Page
      title={common.nav.keys}
      about={words.about}
      actions={
        <Button kind="primary" onClick={() => onCreating(true)}>
          <Plus /> {words.create}
        </Button>
      }
    >
      <Card isFlush>
        <Loaded query={keys}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty icon={KeyRound} title={words.none} />
            ) : (
              <Table
                label={common.nav.keys}
                rows={data}
                keyOf={(key) => key.id}
                columns={[
                  { head: words.name, cell: (key) => <Named name={key.name} sub={key.id} /> },
                  {
                    head: words.key,
                    cell: (key) => (
                      <span className={layout.row}>
                        <code>{key.hint ?? "sk-***"}</code> {key.is_current && <Tag>{words.current}</Tag>}
                      </span>
                    ),
                  },
                  { head: words.created, kind: "tight", isWideOnly: true, cell: (key) => <Ago at={key.created_at} /> },
                  {
                    head: <span className="visually-hidden">{words.revoke}</span>,
                    kind: "tight",
                    cell: (key) => !key.is_current && <Revoke id={key.id} name={key.name} />,
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Card>
      {isCreating && <Create onClose={() => onCreating(false)} />}
    </Page>
  );
}

function Revoke({ id, name }: { id: string; name: string }) {
  const words = useMessages().keys;
  const cache = useQueryClient();
  return (
    <Confirm
      title={words.revokeTitle}
      about={words.revokeText(name)}
      action={words.revoke}
      onConfirm={async () => {
        await x.revokeKey(id);
        await cache.invalidateQueries({ queryKey: LIST });
      }}
      trigger={(open) => (
        <Button size="small" kind="danger" aria-label={`${words.revoke}: ${name}`} onClick={open}>
          {words.revoke}
        </Button>
      )}
    />
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const { keys: words, common } = useMessages();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const creation = useMutation({
    mutationFn: () => x.createKey(name.trim()),
    onSuccess: () => cache.invalidateQueries({ queryKey: LIST }),
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    creation.mutate();
  };
  if (creation.data) return <Created created={creation.data} onClose={onClose} />;
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.create}>
      <form onSubmit={onSubmit} className={layout.stack}>
        <TextField
          label={words.name}
          hint={words.nameHint}
          maxLength={100}
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Problem error={creation.error} />
        <div className={layout.end}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" kind="primary" disabled={name.trim() === "" || creation.isPending}>
            {common.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Created({ created, onClose }: { created: CreatedApiKey; onClose: () => void }) {
  const { keys: words, common } = useMessages();
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.newTitle}>
      <Notice kind="warning">{words.newText}</Notice>
      <CodeBlock code={created.key} isWrapped />
      <div className={layout.end}>
        <Button kind="primary" onClick={onClose}>
          {common.close}
        </Button>
      </div>
    </Dialog>
  );
}
