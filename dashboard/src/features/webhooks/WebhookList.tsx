/** All webhook endpoints of the project. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Webhook } from "lucide-react";
import type { WebhookEndpoint } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Mark } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { Card } from "@/components/layout/Card";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { NewEndpoint } from "./NewEndpoint";
import { endpointsQuery } from "./queries";

export function WebhookList({
  isCreating,
  onCreating,
}: {
  isCreating: boolean;
  onCreating: (isCreating: boolean) => void;
}) {
  const { webhooks: words, common } = useMessages();
  const endpoints = useQuery(endpointsQuery);
  return (
    <Page
      title={common.nav.webhooks}
      about={words.about}
      actions={
        <Button kind="primary" onClick={() => onCreating(true)}>
          <Plus /> {words.create}
        </Button>
      }
    >
      {isCreating && <NewEndpoint onClose={() => onCreating(false)} />}
      <Card isFlush>
        <Loaded query={endpoints}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty icon={Webhook} title={words.none}>
                {words.noneText}
              </Empty>
            ) : (
              <Table
                label={common.nav.webhooks}
                rows={data}
                keyOf={(one) => one.id}
                columns={[
                  {
                    head: words.name,
                    cell: (one) => (
                      <Link to="/webhooks/$endpointId" params={{ endpointId: one.id }}>
                        <Named name={one.name} sub={one.url} />
                      </Link>
                    ),
                  },
                  { head: words.status, cell: (one) => <EndpointState endpoint={one} /> },
                  { head: words.events, isWideOnly: true, cell: (one) => words.eventCount(one.event_types.length) },
                  { head: words.created, kind: "tight", isWideOnly: true, cell: (one) => <Ago at={one.created_at} /> },
                ]}
              />
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}

export function EndpointState({ endpoint }: { endpoint: WebhookEndpoint }) {
  const words = useMessages().webhooks;
  if (endpoint.disabled_at !== null) return <Mark kind="bad">{words.disabled}</Mark>;
  if (endpoint.failing_since !== null) return <Mark kind="waiting">{words.failing}</Mark>;
  return <Mark kind="good">{words.active}</Mark>;
}
