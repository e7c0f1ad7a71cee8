/** `/evals`: the list, a new one, one with its runs, one run, two compared, several compared. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { resilient } from "./resilient";
import type { CompareWish } from "@/api/x";
import { oneOf, type Search, share, text, texts } from "./search";

const pages = resilient(() => import("./pages/Evals"));

export const evalsRoute = createRoute({
  getParentRoute: () => root,
  path: "/evals",
  component: lazyRouteComponent(pages, "EvalsPage"),
});

export const newEvalRoute = createRoute({
  getParentRoute: () => root,
  path: "/evals/new",
  validateSearch: (search: Search): { file?: string | undefined; job?: string | undefined } => ({
    file: text(search.file),
    job: text(search.job),
  }),
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

function wishOf(search: Search): CompareWish {
  return {
    common: search.common === true ? true : undefined,
    margin: share(search.margin),
    cluster: text(search.cluster),
  };
}

export const compareRoute = createRoute({
  getParentRoute: () => root,
  path: "/evals/$evalId/compare",
  validateSearch: (search: Search): CompareWish & { base: string; candidate: string } => ({
    base: text(search.base) ?? "",
    candidate: text(search.candidate) ?? "",
    ...wishOf(search),
  }),
  component: lazyRouteComponent(pages, "Comparison"),
});

export const compareSeveralRoute = createRoute({
  getParentRoute: () => root,
  path: "/evals/$evalId/comparisons",
  validateSearch: (search: Search): CompareWish & { run: string[]; every?: true | undefined } => ({
    run: texts(search.run),
    every: search.every === true ? true : undefined,
    ...wishOf(search),
  }),
  component: lazyRouteComponent(pages, "Comparisons"),
});
