/** `/batches`: the list, and one of them. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "./frame";
import { resilient } from "./resilient";

const pages = resilient(() => import("./pages/Batches"));

export const batchesRoute = createRoute({
  getParentRoute: () => root,
  path: "/batches",
  component: lazyRouteComponent(pages, "BatchesPage"),
});

export const batchRoute = createRoute({
  getParentRoute: () => root,
  path: "/batches/$batchId",
  component: lazyRouteComponent(pages, "BatchDetail"),
});
