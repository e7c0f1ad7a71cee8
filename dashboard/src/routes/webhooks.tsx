/** `/webhooks`: the list, one of them. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { resilient } from "./resilient";
import { isOn, type Search } from "./search";

const pages = resilient(() => import("./pages/Webhooks"));

export const webhooksRoute = createRoute({
  getParentRoute: () => root,
  path: "/webhooks",
  validateSearch: (search: Search): { create?: true | undefined } => ({ create: isOn(search.create) }),
  component: lazyRouteComponent(pages, "WebhooksPage"),
});

export const webhookRoute = createRoute({
  getParentRoute: () => root,
  path: "/webhooks/$endpointId",
  component: lazyRouteComponent(pages, "WebhookDetail"),
});
