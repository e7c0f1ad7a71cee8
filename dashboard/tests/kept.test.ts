import { expect, test } from "vitest";
import type { KeptModel } from "@/api/x";
import { goingWith, keptGroups, mayDelete } from "@/features/models/kept";

function kept(id: string, more: Partial<KeptModel> = {}): KeptModel {
  return {
    object: "x.model",
    id,
    kind: "tuned",
    created: 0,
    owned_by: "personal",
    alias_of: null,
    base: "mini",
    parameters: null,
    trained_parameters: null,
    context: null,
    bytes: null,
    last_used_at: null,
    job_id: null,
    step: null,
    figure: null,
    held_because: null,
    ...more,
  };
}

const BASE = kept("mini", { kind: "base", owned_by: "system" });
const NAMED = kept("gpt", { kind: "alias", owned_by: "system", alias_of: "mini" });
const OLD = kept("ft:a", { job_id: "a", created: 1 });
const NEW = kept("ft:b", { job_id: "b", created: 2 });
const FIRST = kept("ft:a:ckpt-step-5", { kind: "checkpoint", job_id: "a", step: 5 });
const SECOND = kept("ft:a:ckpt-step-10", { kind: "checkpoint", job_id: "a", step: 10 });
const LONELY = kept("ft:c:ckpt-step-5", { kind: "checkpoint", job_id: "c", step: 5 });
const LIVE = kept("live", { kind: "alias", alias_of: "ft:a" });
const LENT = kept("ft:lent");
const ALL = [BASE, NAMED, OLD, NEW, FIRST, SECOND, LONELY, LIVE, LENT];

test("checkpoints stand below the model of their job, the newest first, and alone where it is gone", () => {
  const tuned = keptGroups(ALL, "").find((group) => group.kind === "tuned")?.models ?? [];
  expect(tuned.map(({ model }) => model.id)).toEqual(["ft:b", "ft:a", "ft:c:ckpt-step-5", "ft:lent"]);
  expect(tuned[1]?.checkpoints).toEqual([SECOND, FIRST]);
});

test("a filter finds a model by its checkpoint, and leaves no empty group", () => {
  expect(keptGroups(ALL, "STEP-10").map(({ kind, models }) => [kind, models.map(({ model }) => model.id)])).toEqual([
    ["tuned", ["ft:a"]],
  ]);
});

test("what belongs to the server or another project cannot be deleted", () => {
  expect(ALL.filter(mayDelete)).toEqual([OLD, NEW, FIRST, SECOND, LONELY, LIVE]);
});

test("a deletion names the checkpoints and aliases that were not chosen", () => {
  expect(goingWith(ALL, new Set(["ft:a", "ft:a:ckpt-step-5"]))).toEqual({
    models: [OLD, FIRST],
    checkpoints: [SECOND],
    aliases: [LIVE],
  });
  expect(goingWith(ALL, new Set(["ft:a", "live"])).aliases).toEqual([]);
});
