/** All addresses of the dashboard. */

import { createRouter } from "@tanstack/react-router";
import { batchesRoute, batchRoute } from "./batches";
import { distillationRoute, distillationsRoute, newDistillationRoute } from "./distillations";
import { compareRoute, compareSeveralRoute, evalRoute, evalsRoute, newEvalRoute, runRoute } from "./evals";
import { fileEditorRoute, fileRoute, filesRoute } from "./files";
import { jobRoute, jobsRoute, newJobRoute } from "./fineTuning";
import { leavingRoute, shadowRoute, shadowsRoute } from "./leaving";
import { logRoute, logsRoute } from "./logs";
import { keysRoute, modelsRoute } from "./manage";
import { overviewRoute, startRoute } from "./overview";
import { playgroundRoute } from "./playground";
import { PageBroken, PagePending, root } from "./frame";
import { usageRoute } from "./usage";
import { webhookRoute, webhooksRoute } from "./webhooks";

const routeTree = root.addChildren([
  overviewRoute,
  startRoute,
  jobsRoute,
  newJobRoute,
  jobRoute,
  playgroundRoute,
  filesRoute,
  fileRoute,
  fileEditorRoute,
  evalsRoute,
  newEvalRoute,
  evalRoute,
  runRoute,
  compareRoute,
  compareSeveralRoute,
  distillationsRoute,
  newDistillationRoute,
  distillationRoute,
  batchesRoute,
  batchRoute,
  logsRoute,
  logRoute,
  shadowsRoute,
  shadowRoute,
  modelsRoute,
  usageRoute,
  keysRoute,
  webhooksRoute,
  webhookRoute,
  leavingRoute,
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  // One broken page leaves the rest of the dashboard as it is.
  defaultErrorComponent: PageBroken,
  defaultPendingComponent: PagePending,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
