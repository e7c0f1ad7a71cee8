/** The models of a server sorted by what they are. */

export type ModelKind = "bases" | "tuned" | "checkpoints";

export interface ModelGroup {
  kind: ModelKind;
  names: string[];
}

export function kindOf(name: string): ModelKind {
  if (!name.startsWith("ft:")) return "bases";
  return /:ckpt-step-\d+$/.test(name) ? "checkpoints" : "tuned";
}

/** Bases in the server's order, what was tuned newest first; only names that hold the filter. */
export function groupModels(models: readonly { id: string; created: number }[], filter: string): ModelGroup[] {
  const wanted = filter.trim().toLowerCase();
  const found = models.filter((model) => model.id.toLowerCase().includes(wanted));
  const newest = found.toSorted((one, other) => other.created - one.created);
  const groups: ModelGroup[] = [
    { kind: "bases", names: found.filter((model) => kindOf(model.id) === "bases").map((model) => model.id) },
    { kind: "tuned", names: newest.filter((model) => kindOf(model.id) === "tuned").map((model) => model.id) },
    { kind: "checkpoints", names: newest.filter((model) => kindOf(model.id) === "checkpoints").map((model) => model.id) },
  ];
  return groups.filter((group) => group.names.length > 0);
}

/** The model to begin with: the newest tuned one, else the first base. */
export function firstChoice(models: readonly { id: string; created: number }[]): string {
  const groups = groupModels(models, "");
  return (groups.find((group) => group.kind === "tuned") ?? groups[0])?.names[0] ?? "";
}
