/** The models of the page: in groups, checkpoints below their model, and what a deletion takes along. */

import type { KeptModel } from "@/api/x";

export type Group = "bases" | "tuned" | "aliases" | "remote" | "embedding";

export interface Kept {
  model: KeptModel;
  /** Of the same job, newest first. */
  checkpoints: KeptModel[];
}

export interface KeptGroup {
  kind: Group;
  models: Kept[];
}

const GROUP_OF: Record<KeptModel["kind"], Group> = {
  base: "bases",
  tuned: "tuned",
  checkpoint: "tuned",
  alias: "aliases",
  remote: "remote",
  embedding: "embedding",
};
const GROUPS: readonly Group[] = ["tuned", "bases", "aliases", "remote", "embedding"];

/** Groups of models whose name, or that of a checkpoint, holds the filter; what was tuned is newest first. */
export function keptGroups(models: readonly KeptModel[], filter: string): KeptGroup[] {
  const wanted = filter.trim().toLowerCase();
  const isWanted = (model: KeptModel) => model.id.toLowerCase().includes(wanted);
  const results = new Map(models.flatMap((model) => (model.kind === "tuned" && model.job_id ? [[model.job_id, model.id]] : [])));
  const isBelow = (model: KeptModel) => model.kind === "checkpoint" && model.job_id !== null && results.has(model.job_id);
  const all = models
    .filter((model) => !isBelow(model))
    .map((model) => ({ model, checkpoints: model.kind === "tuned" ? checkpointsOf(models, model) : [] }))
    .filter(({ model, checkpoints }) => isWanted(model) || checkpoints.some(isWanted));
  return GROUPS.map((kind) => {
    const own = all.filter(({ model }) => GROUP_OF[model.kind] === kind);
    return { kind, models: kind === "tuned" ? own.toSorted((one, other) => other.model.created - one.model.created) : own };
  }).filter((group) => group.models.length > 0);
}

/** Only what the project itself made can be deleted: its tuned models, checkpoints and aliases. */
export function mayDelete(model: KeptModel): boolean {
  if (model.kind === "alias") return model.owned_by !== "system";
  return model.job_id !== null;
}

export interface Going {
  models: KeptModel[];
  /** Checkpoints of the same jobs that were not chosen. */
  checkpoints: KeptModel[];
  /** Not chosen themselves, but they stand for what was. */
  aliases: KeptModel[];
}

/** What a deletion of the chosen names takes along, or could. */
export function goingWith(all: readonly KeptModel[], chosen: ReadonlySet<string>): Going {
  const models = all.filter((model) => chosen.has(model.id));
  const checkpoints = models
    .filter((model) => model.kind === "tuned")
    .flatMap((model) => checkpointsOf(all, model))
    .filter((checkpoint) => !chosen.has(checkpoint.id));
  return { models, checkpoints, aliases: aliasesOf(all, models).filter((alias) => !chosen.has(alias.id)) };
}

export function aliasesOf(all: readonly KeptModel[], models: readonly KeptModel[]): KeptModel[] {
  const names = new Set(models.map((model) => model.id));
  return all.filter((model) => model.alias_of !== null && names.has(model.alias_of));
}

function checkpointsOf(all: readonly KeptModel[], model: KeptModel): KeptModel[] {
  if (model.job_id === null) return [];
  return all
    .filter((other) => other.kind === "checkpoint" && other.job_id === model.job_id)
    .toSorted((one, other) => (other.step ?? 0) - (one.step ?? 0));
}
