/** `/models` and `/keys`. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { resilient } from "./resilient";
import { type Search, text } from "./search";

export const modelsRoute = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: (search: Search): { q?: string | undefined } => ({ q: text(search.q) }),
  component: lazyRouteComponent(resilient(() => import("./pages/Manage")), "ModelsPage"),
});

export const keysRoute = createRoute({
  getParentRoute: () => root,
  path: "/keys",
  component: lazyRouteComponent(resilient(() => import("./pages/Manage")), "KeysPage"),
});
