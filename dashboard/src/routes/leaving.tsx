/** `/leaving` and `/shadows`: the list, one of them. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { resilient } from "./resilient";
import { type Search, text } from "./search";

const pages = resilient(() => import("./pages/Leaving"));

export const leavingRoute = createRoute({
  getParentRoute: () => root,
  path: "/leaving",
  component: lazyRouteComponent(pages, "LeavingRoutePage"),
});

export const shadowsRoute = createRoute({
  getParentRoute: () => root,
  path: "/shadows",
  validateSearch: (
    search: Search,
  ): { name?: string | undefined; old?: string | undefined; new?: string | undefined } => ({
    name: text(search.name),
    old: text(search.old),
    new: text(search.new),
  }),
  component: lazyRouteComponent(pages, "ShadowsPage"),
});

export const shadowRoute = createRoute({
  getParentRoute: () => root,
  path: "/shadows/$name",
  component: lazyRouteComponent(pages, "ShadowDetail"),
});
