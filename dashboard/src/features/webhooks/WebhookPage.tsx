/** One endpoint: its state, its secret, and what was sent to it. */

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Send, Webhook } from "lucide-react";
import { useState } from "react";
import { type WebhookDelivery, type WebhookEndpoint, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Id } from "@/components/display/Code";
import { Mark } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { Card, Facts } from "@/components/layout/Card";
import { Confirm } from "@/components/layout/Confirm";
import layout from "@/components/layout/layout.module.css";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty, Failed, Loading, Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, took } from "@/lib/format";
import { Secret } from "./NewEndpoint";
import { deliveriesQuery, endpointsQuery } from "./queries";
import { EndpointState } from "./WebhookList";

export function WebhookPage({ id }: { id: string }) {
  const { webhooks: words, common } = useMessages();
  const crumb = { label: common.nav.webhooks, to: { to: "/webhooks" as const } };
  const found = useQuery({
    queryKey: [...endpointsQuery.queryKey, id],
    queryFn: ({ signal }) => x.webhookEndpoint(id, signal),
    refetchInterval: 2000,
  });
  if (found.data === undefined) {
    return (
      <Page title={words.name} crumb={crumb}>
        <Card>{found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}</Card>
      </Page>
    );
  }
  const endpoint = found.data;
  return (
    <Page
      title={endpoint.name}
      crumb={crumb}
      about={<Id text={endpoint.id} />}
      actions={
        <>
          <Remove endpoint={endpoint} />
          <Rotate endpoint={endpoint} />
        </>
      }
    >
      <div className={layout.stack}>
        <State endpoint={endpoint} />
        <Card>
          <Facts
            facts={[
              [words.status, <EndpointState endpoint={endpoint} />],
              [words.url, <code>{endpoint.url}</code>],
              [words.secret, <code>{endpoint.signing_secret_hint}</code>],
              [words.events, endpoint.event_types.join(", ")],
            ]}
          />
        </Card>
        <Test endpoint={endpoint} />
        <Card title={words.deliveries} isFlush>
          <Deliveries id={id} />
        </Card>
      </div>
    </Page>
  );
}

function State({ endpoint }: { endpoint: WebhookEndpoint }) {
  const words = useMessages().webhooks;
  const cache = useQueryClient();
  const enabling = useMutation({
    mutationFn: () => x.enableWebhookEndpoint(endpoint.id),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  if (endpoint.disabled_at !== null) {
    return (
      <>
        <Notice kind="warning">{endpoint.disabled_reason}</Notice>
        <div>
          <Button onClick={() => enabling.mutate()} disabled={enabling.isPending}>
            {words.enable}
          </Button>
        </div>
        <Problem error={enabling.error} />
      </>
    );
  }
  return endpoint.failing_since !== null && <Notice kind="warning">{words.failingText}</Notice>;
}

function Test({ endpoint }: { endpoint: WebhookEndpoint }) {
  const words = useMessages().webhooks;
  const sent = useMutation({
    mutationFn: () => x.testWebhookEndpoint(endpoint.id, endpoint.event_types[0] ?? ""),
  });
  return (
    <div className={layout.row}>
      <Button onClick={() => sent.mutate()} disabled={sent.isPending}>
        <Send /> {words.test}
      </Button>
      {sent.data && <span role="status">{words.testText(sent.data.status_code)}</span>}
      <Problem error={sent.error} />
    </div>
  );
}

function Rotate({ endpoint }: { endpoint: WebhookEndpoint }) {
  const words = useMessages().webhooks;
  const cache = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      <Confirm
        title={words.rotateTitle}
        about={words.rotateText}
        action={words.rotate}
        onConfirm={async () => {
          setSecret((await x.rotateWebhookSecret(endpoint.id)).signing_secret);
          await cache.invalidateQueries({ queryKey: ["webhooks"] });
        }}
        trigger={(open) => <Button onClick={open}>{words.rotate}</Button>}
      />
      {secret !== null && <Secret secret={secret} onClose={() => setSecret(null)} />}
    </>
  );
}

function Remove({ endpoint }: { endpoint: WebhookEndpoint }) {
  const words = useMessages().webhooks;
  const cache = useQueryClient();
  const navigate = useNavigate();
  return (
    <Confirm
      title={words.removeTitle}
      about={words.removeText(endpoint.name)}
      action={words.remove}
      onConfirm={async () => {
        await x.deleteWebhookEndpoint(endpoint.id);
        await navigate({ to: "/webhooks" });
        await cache.invalidateQueries({ queryKey: endpointsQuery.queryKey, exact: true });
      }}
      trigger={(open) => (
        <Button kind="danger" onClick={open}>
          {words.remove}
        </Button>
      )}
    />
  );
}

const KINDS = { pending: "waiting", delivered: "good", failed: "bad" } as const;

function Deliveries({ id }: { id: string }) {
  const words = useMessages().webhooks;
  const tag = useLocaleTag();
  const cache = useQueryClient();
  const query = useInfiniteQuery(deliveriesQuery(id));
  const again = useMutation({
    mutationFn: (delivery: WebhookDelivery) => x.sendWebhookAgain(id, delivery.id),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["webhooks", "deliveries", id] }),
  });
  return (
    <Loaded query={query}>
      {(pages) => {
        const rows = pages.pages.flatMap((page) => page.data);
        if (rows.length === 0) {
          return (
            <Empty isSmall icon={Webhook} title={words.noDeliveries}>
              {words.noDeliveriesText}
            </Empty>
          );
        }
        return (
          <>
            <Problem error={again.error} />
            <Table
              label={words.deliveries}
              rows={rows}
              keyOf={(one) => one.id}
              columns={[
                { head: words.event, cell: (one) => <Named name={one.event_type} sub={one.object_id} /> },
                { head: words.status, cell: (one) => <Mark kind={KINDS[one.status]}>{words[one.status]}</Mark> },
                { head: words.attempts, kind: "number", cell: (one) => count(one.attempts.length, tag) },
                { head: words.last, isWideOnly: true, cell: (one) => lastAnswer(one, tag) },
                { head: words.when, kind: "tight", isWideOnly: true, cell: (one) => <Ago at={one.created_at} /> },
                {
                  head: <span className="visually-hidden">{words.again}</span>,
                  kind: "tight",
                  cell: (one) => (
                    <Button
                      size="small"
                      aria-label={`${words.again}: ${one.object_id}`}
                      disabled={again.isPending}
                      onClick={() => again.mutate(one)}
                    >
                      {words.again}
                    </Button>
                  ),
                },
              ]}
            />
            <MorePages query={query} />
          </>
        );
      }}
    </Loaded>
  );
}

function lastAnswer(delivery: WebhookDelivery, tag: string) {
  const last = delivery.attempts.at(-1);
  if (last === undefined) return "–";
  return last.error ?? `${last.status_code} · ${took(last.milliseconds / 1000, tag)}`;
}
