/** `/distillations`: the list, a new one, one of them. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { resilient } from "./resilient";
import { oneOf, type Search, text } from "./search";

const pages = resilient(() => import("./pages/Distillations"));

export const distillationsRoute = createRoute({
  getParentRoute: () => root,
  path: "/distillations",
  component: lazyRouteComponent(pages, "DistillationsPage"),
});

export const newDistillationRoute = createRoute({
  getParentRoute: () => root,
  path: "/distillations/new",
  validateSearch: (
    search: Search,
  ): {
    kind?: "completions" | "responses" | "questions" | "selected" | undefined;
    ids?: string | undefined;
    model?: string | undefined;
    metadata?: string | undefined;
    from?: string | undefined;
    to?: string | undefined;
  } => ({
    kind: oneOf(search.kind, ["completions", "responses", "questions", "selected"]),
    ids: text(search.ids),
    model: text(search.model),
    metadata: text(search.metadata),
    from: text(search.from),
    to: text(search.to),
  }),
  component: lazyRouteComponent(pages, "NewDistillationPage"),
});

export const distillationRoute = createRoute({
  getParentRoute: () => root,
  path: "/distillations/$distillationId",
  component: lazyRouteComponent(pages, "DistillationDetail"),
});
