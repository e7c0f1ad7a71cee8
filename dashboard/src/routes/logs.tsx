/** `/logs`: stored answers, one of them. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { resilient } from "./resilient";
import { oneOf, type Search, text } from "./search";

const pages = resilient(() => import("./pages/Logs"));
type Kind = "completions" | "responses";

export const logsRoute = createRoute({
  getParentRoute: () => root,
  path: "/logs",
  validateSearch: (
    search: Search,
  ): {
    kind?: Kind | undefined;
    q?: string | undefined;
    model?: string | undefined;
    metadata?: string | undefined;
    from?: string | undefined;
    to?: string | undefined;
  } => ({
    kind: oneOf(search.kind, ["completions", "responses"]),
    q: text(search.q),
    model: text(search.model),
    metadata: text(search.metadata),
    from: text(search.from),
    to: text(search.to),
  }),
  component: lazyRouteComponent(pages, "LogsPage"),
});

export const logRoute = createRoute({
  getParentRoute: () => root,
  path: "/logs/$kind/$logId",
  component: lazyRouteComponent(pages, "LogDetail"),
});
