/** `/models` and `/keys`. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { resilient } from "./resilient";
import { isOn, type Search, text } from "./search";

export const modelsRoute = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: (search: Search): { q?: string | undefined; add?: true | undefined } => ({
    q: text(search.q),
    add: isOn(search.add),
  }),
  component: lazyRouteComponent(resilient(() => import("./pages/Manage")), "ModelsPage"),
});

export const keysRoute = createRoute({
  getParentRoute: () => root,
  path: "/keys",
  validateSearch: (search: Search): { create?: true | undefined } => ({ create: isOn(search.create) }),
  component: lazyRouteComponent(resilient(() => import("./pages/Manage")), "KeysPage"),
});
