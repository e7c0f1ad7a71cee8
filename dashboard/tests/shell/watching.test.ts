/** What a tab waits for, and which tab says that it ended. */

import { expect, test } from "vitest";
import { claim, evalOn, readWatched, watchedOn } from "@/lib/tab/watching";

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (at) => [...kept.keys()][at] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => void kept.set(name, text),
    removeItem: (name) => void kept.delete(name),
    clear: () => kept.clear(),
  };
}

test("pages of jobs, runs, batches and distillations are waited for, lists and forms are not", () => {
  expect(watchedOn("/fine-tuning/ftjob-abc")).toEqual({ kind: "job", id: "ftjob-abc" });
  expect(watchedOn("/evals/eval_a/runs/evalrun_b")).toEqual({ kind: "run", id: "evalrun_b", evalId: "eval_a" });
  expect(watchedOn("/fine-tuning/new")).toBeNull();
  expect(watchedOn("/distillations")).toBeNull();
  expect(evalOn("/evals/eval_a")).toBe("eval_a");
  expect(evalOn("/evals/new")).toBeNull();
});

test("the first tab that asks says it, and again only after a day", () => {
  const shared = storage();
  expect(claim("ftjob-a", 1000, shared)).toBe(true);
  expect(claim("ftjob-a", 2000, shared)).toBe(false);
  expect(claim("ftjob-b", 2000, shared)).toBe(true);
  expect(claim("ftjob-a", 1000 + 25 * 3600 * 1000, shared)).toBe(true);
});

test("nothing saved is nothing to wait for", () => {
  expect(readWatched(null)).toEqual([]);
  expect(readWatched("{}")).toEqual([]);
});
