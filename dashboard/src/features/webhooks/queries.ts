/** Webhook endpoints, and what was sent to one. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ListPage, nextCursor } from "@/api/queries";
import { type WebhookDelivery, x } from "@/api/x";

const PAGE = 20;
const LIVE_MS = 2000;

export const endpointsQuery = queryOptions({
  queryKey: ["webhooks", "list"],
  queryFn: ({ signal }) => x.webhookEndpoints(signal),
  refetchInterval: LIVE_MS,
});

export const eventTypesQuery = queryOptions({
  queryKey: ["webhooks", "types"],
  queryFn: ({ signal }) => x.webhookEventTypes(signal),
  staleTime: Infinity,
});

export const deliveriesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", "deliveries", id],
    queryFn: async ({ pageParam, signal }): Promise<ListPage<WebhookDelivery>> => {
      const page = await x.webhookDeliveries(id, { limit: PAGE, after: pageParam }, signal);
      return { data: page.data, has_more: page.has_more };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
    refetchInterval: LIVE_MS,
  });
