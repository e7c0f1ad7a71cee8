export const notices = {
  label: "What has ended",
  kinds: { job: "Job", run: "Eval run", batch: "Batch", distillation: "Distillation" },
  named: (kind: string, name: string) => `${kind} ${name}`,
  ended: (kind: string, name: string, status: string) => `${kind} ${name}: ${status}`,
  choice: "Notify me when work ends",
  blocked: "The browser blocks notifications of this page. Allow them in its settings.",
};
