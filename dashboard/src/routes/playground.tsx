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
  ): { models?: string[]; system?: string | undefined; job?: string | undefined; line?: number | undefined } => ({
    ...(search.models !== undefined && { models: texts(search.models) }),
    system: text(search.system),
    job: text(search.job),
    line: line(search.line),
  }),
  component: lazyRouteComponent(resilient(() => import("./pages/Playground"))),
});
