/** The pages of webhooks. */

import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { WebhookList } from "@/features/webhooks/WebhookList";
import { WebhookPage } from "@/features/webhooks/WebhookPage";

export function WebhooksPage() {
  const { create } = useSearch({ from: "/webhooks" });
  const navigate = useNavigate({ from: "/webhooks" });
  return (
    <WebhookList
      isCreating={create === true}
      onCreating={(isCreating) => void navigate({ search: { create: isCreating || undefined }, replace: true })}
    />
  );
}

export function WebhookDetail() {
  const { endpointId } = useParams({ from: "/webhooks/$endpointId" });
  return <WebhookPage id={endpointId} />;
}
