/** `/files`: the list, one file, its editor. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { MethodName } from "@/api/x";
import { root } from "./frame";
import { resilient } from "./resilient";
import { line, lineNumber, oneOf, type Search, text } from "./search";

const METHODS = ["supervised", "dpo", "reinforcement"] as const;

export const filesRoute = createRoute({
  getParentRoute: () => root,
  path: "/files",
  validateSearch: (search: Search): { q?: string | undefined; purpose?: string | undefined } => ({
    q: text(search.q),
    purpose: text(search.purpose),
  }),
  component: lazyRouteComponent(resilient(() => import("./pages/Files")), "FilesPage"),
});

export const fileRoute = createRoute({
  getParentRoute: () => root,
  path: "/files/$fileId",
  validateSearch: (
    search: Search,
  ): {
    tab?: "content" | "report" | undefined;
    line?: number | undefined;
    model?: string | undefined;
    method?: MethodName | undefined;
  } => ({
    tab: oneOf(search.tab, ["content", "report"]),
    line: line(search.line),
    model: text(search.model),
    method: oneOf(search.method, METHODS),
  }),
  component: lazyRouteComponent(resilient(() => import("./pages/Files")), "FileDetail"),
});

export const fileEditorRoute = createRoute({
  getParentRoute: () => root,
  path: "/files/$fileId/edit",
  validateSearch: (search: Search): { line?: number | undefined } => ({ line: lineNumber(search.line) }),
  component: lazyRouteComponent(resilient(() => import("./pages/FileEditor")), "FileEditorPage"),
});
