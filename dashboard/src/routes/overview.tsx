/** `/`: the overview. */

import { createRoute } from "@tanstack/react-router";
import { Overview } from "@/features/overview/Overview";
import { root } from "./root";

export const overviewRoute = createRoute({ getParentRoute: () => root, path: "/", component: Overview });
