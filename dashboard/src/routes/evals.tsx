/** `/evals`: the list, a new one, one with its runs, one run, two compared. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { oneOf, type Search, text } from "./search";

const pages = () => import("./pages/Evals");

export const evalsRoute = createRoute({
  getParentRoute: () => root,
  path: "/evals",
  component: lazyRouteComponent(pages, "EvalsPage"),
});

export const newEvalRoute = createRoute({
  getParentRoute: () => root,
  path: "/evals/new",
  component: lazyRouteComponent(pages, "NewEvalPage"),
});

export const evalRoute = createRoute({
  getParentRoute: () => root,
  path: "/evals/$evalId",
  component: lazyRouteComponent(pages, "EvalDetail"),
});

export const runRoute = createRoute({
  getParentRoute: () => root,
  path: "/evals/$evalId/runs/$runId",
  validateSearch: (search: Search): { status?: "pass" | "fail" | undefined; label?: string | undefined } => ({
    status: oneOf(search.status, ["pass", "fail"]),
    label: text(search.label),
  }),
  component: lazyRouteComponent(pages, "RunDetail"),
});

export const compareRoute = createRoute({
  getParentRoute: () => root,
  path: "/evals/$evalId/compare",
  validateSearch: (search: Search): { base: string; candidate: string } => ({
    base: text(search.base) ?? "",
    candidate: text(search.candidate) ?? "",
  }),
  component: lazyRouteComponent(pages, "Comparison"),
});
