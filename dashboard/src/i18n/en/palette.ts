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
