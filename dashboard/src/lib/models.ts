/** The models of a server sorted by what they are. */

export type ModelKind = "bases" | "tuned" | "checkpoints" | "remote" | "embedding";

const KINDS: readonly ModelKind[] = ["bases", "tuned", "checkpoints", "remote", "embedding"];

export interface ListedModel {
  id: string;
  created: number;
  owned_by?: string;
  /** Our own field, of models that answer no conversation. */
  task?: unknown;
  /** Our own field, of further names of tuned models. */
  alias_of?: unknown;
}

export interface ModelGroup {
  kind: ModelKind;
  names: string[];
}

export function kindOf(model: Pick<ListedModel, "id" | "owned_by" | "task" | "alias_of">): ModelKind {
  if (model.task === "embedding") return "embedding";
  if (/^ft:.*:ckpt-step-\d+$/.test(model.id)) return "checkpoints";
  if (model.id.startsWith("ft:") || typeof model.alias_of === "string") return "tuned";
  return model.owned_by === undefined || model.owned_by === "system" ? "bases" : "remote";
}

/** Bases in the server's order, what was tuned newest first; only names that hold the filter. */
export function groupModels(models: readonly ListedModel[], filter: string): ModelGroup[] {
  const wanted = filter.trim().toLowerCase();
  const found = models.filter((model) => model.id.toLowerCase().includes(wanted));
  const newest = found.toSorted((one, other) => other.created - one.created);
  return KINDS.map((kind) => {
    const isByAge = kind === "tuned" || kind === "checkpoints";
    const own = (isByAge ? newest : found).filter((model) => kindOf(model) === kind);
    return { kind, names: own.map((model) => model.id) };
  }).filter((group) => group.names.length > 0);
}

/** The models that answer conversations. */
export function chatGroups(models: readonly ListedModel[], filter: string): ModelGroup[] {
  return groupModels(models, filter).filter((group) => group.kind !== "embedding");
}

/** The model to begin with: the newest tuned one, else the first base. */
export function firstChoice(models: readonly ListedModel[]): string {
  const groups = chatGroups(models, "");
  return (groups.find((group) => group.kind === "tuned") ?? groups[0])?.names[0] ?? "";
}
