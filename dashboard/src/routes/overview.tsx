/** `/`: the overview; `/start`: the first steps. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Overview } from "@/features/overview/Overview";
import { root } from "./frame";

export const overviewRoute = createRoute({ getParentRoute: () => root, path: "/", component: Overview });

export const startRoute = createRoute({
  getParentRoute: () => root,
  path: "/start",
  component: lazyRouteComponent(() => import("./pages/Start"), "StartRoutePage"),
});
