/** What stands around the pages: the palette, what has ended, the projects. */

const plural = (n: number, one: string, many: string): string => (n === 1 ? one : many);

export const palette = {
  button: "Search or go to …",
  title: "Search, pages and actions",
  placeholder: "A page, an action, a name or an ID",
  results: "Results",
  actions: "Actions",
  pages: "Pages",
  upload: "Upload a file",
  batch: "Start a batch",
  open: (id: string) => `Open ${id}`,
  kinds: {
    jobs: "Fine-tuning jobs",
    models: "Models",
    files: "Files",
    evals: "Evals",
    logs: "Logs",
  },
  searching: "Searching …",
  nothing: "Nothing found",
  failed: "The server could not search. Pages and actions still work.",
  count: (n: number) => `${n} ${plural(n, "result", "results")}`,
};

export const notices = {
  label: "What has ended",
  kinds: { job: "Job", run: "Eval run", batch: "Batch", distillation: "Distillation" },
  named: (kind: string, name: string) => `${kind} ${name}`,
  ended: (kind: string, name: string, status: string) => `${kind} ${name}: ${status}`,
  choice: "Notify me when work ends",
  blocked: "The browser blocks notifications of this page. Allow them in its settings.",
};

export const projects = {
  project: "Project",
  add: "Add a project",
  addAbout: "A key opens one project. It stays in this tab until you sign out.",
  open: "Open project",
};
