/** `/usage`: what the project used. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { type Grouping, GROUPINGS } from "@/lib/usage";
import { root } from "./frame";
import { resilient } from "./resilient";
import { oneOf, type Search, text } from "./search";

export const usageRoute = createRoute({
  getParentRoute: () => root,
  path: "/usage",
  validateSearch: (
    search: Search,
  ): { by?: Grouping | undefined; from?: string | undefined; to?: string | undefined } => ({
    by: oneOf(search.by, GROUPINGS),
    from: text(search.from),
    to: text(search.to),
  }),
  component: lazyRouteComponent(resilient(() => import("./pages/Usage"))),
});
