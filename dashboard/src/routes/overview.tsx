/** `/`: the overview. */

import { createRoute } from "@tanstack/react-router";
import { Overview } from "@/features/overview/Overview";
import { root } from "./frame";

export const overviewRoute = createRoute({ getParentRoute: () => root, path: "/", component: Overview });
