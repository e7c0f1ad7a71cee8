/** `/playground`: models to talk to. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { resilient } from "./resilient";
import { line, type Search, text, texts } from "./search";

export const playgroundRoute = createRoute({
  getParentRoute: () => root,
  path: "/playground",
  validateSearch: (
    search: Search,
  ): { models?: string[]; system?: string | undefined; question?: string | undefined; job?: string | undefined; line?: number | undefined } => ({
    ...(search.models !== undefined && { models: texts(search.models) }),
    // An empty one takes away the one that is saved.
    system: search.system === "" ? "" : text(search.system),
    question: text(search.question),
    job: text(search.job),
    line: line(search.line),
  }),
  component: lazyRouteComponent(resilient(() => import("./pages/Playground"))),
});
