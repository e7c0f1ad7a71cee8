/** The pages of webhooks. */

import { useParams } from "@tanstack/react-router";
import { WebhookList } from "@/features/webhooks/WebhookList";
import { WebhookPage } from "@/features/webhooks/WebhookPage";

export function WebhooksPage() {
  return <WebhookList />;
}

export function WebhookDetail() {
  const { endpointId } = useParams({ from: "/webhooks/$endpointId" });
  return <WebhookPage id={endpointId} />;
}
