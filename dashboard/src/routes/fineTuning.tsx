/** `/fine-tuning`: the list, a new job, one job. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { JobList } from "@/features/jobs/JobList";
import { root } from "./frame";
import { resilient } from "./resilient";
import { number, oneOf, type Search, share, text } from "./search";

export const jobsRoute = createRoute({
  getParentRoute: () => root,
  path: "/fine-tuning",
  validateSearch: (search: Search) => ({ q: text(search.q), status: text(search.status) }),
  component: function Jobs() {
    const navigate = jobsRoute.useNavigate();
    return (
      <JobList
        filter={jobsRoute.useSearch()}
        onFilter={({ q, status }) => void navigate({ search: { q, status }, replace: true })}
      />
    );
  },
});

export const newJobRoute = createRoute({
  getParentRoute: () => root,
  path: "/fine-tuning/new",
  validateSearch: (search: Search): { from?: string | undefined; file?: string | undefined; model?: string | undefined } => ({
    from: text(search.from),
    file: text(search.file),
    model: text(search.model),
  }),
  component: lazyRouteComponent(resilient(() => import("./pages/NewJob"))),
});

export const jobRoute = createRoute({
  getParentRoute: () => root,
  path: "/fine-tuning/$jobId",
  validateSearch: (
    search: Search,
  ): {
    chart?: string | undefined;
    smooth?: number | undefined;
    with?: string | undefined;
    axis?: "seconds" | undefined;
    log?: true | undefined;
    step?: number | undefined;
    samples?: string | undefined;
  } => ({
    chart: text(search.chart),
    smooth: share(search.smooth),
    with: text(search.with),
    axis: oneOf(search.axis, ["seconds"] as const),
    log: search.log === true ? true : undefined,
    step: number(search.step),
    samples: text(search.samples),
  }),
  component: lazyRouteComponent(resilient(() => import("./pages/Job"))),
});
