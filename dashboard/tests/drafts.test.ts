/** What was typed is kept, what is wrong is named at once, and renamed fields are renamed everywhere. */

import { expect, test } from "vitest";
import { NEW, withRenamedFields } from "@/features/evals/criteria";
import { EMPTY } from "@/features/newJob/draft";
import { draftFaults } from "@/features/newJob/draftFaults";
import { readDraft } from "@/lib/tab/useDraft";

test("a draft is restored field by field, and what the form does not know is left out", () => {
  const initial = { name: "", file: null as string | null, rows: ["a"] };
  expect(readDraft(null, initial)).toBeNull();
  expect(readDraft("{", initial)).toBeNull();
  const kept = JSON.stringify({ name: "x", file: "file-1", rows: "no list", other: 1 });
  expect(readDraft(kept, initial)).toEqual({ name: "x", file: "file-1", rows: ["a"] });
});

test("every wrong field of a job is named before the server is asked", () => {
  const draft = { ...EMPTY, epochs: "abc", batchSize: "-3", learningRate: "0", seed: "1.5", safetyMix: "2", suffix: "x".repeat(65) };
  expect(Object.keys(draftFaults(draft)).sort()).toEqual([
    "batch_size", "learning_rate_multiplier", "n_epochs", "safety_mix", "seed", "suffix",
  ]); // prettier-ignore
  expect(draftFaults({ ...EMPTY, epochs: " 3 ", batchSize: "auto", learningRate: "0.1", seed: "0" })).toEqual({});
});

test("only the fields of the method are looked at", () => {
  expect(draftFaults({ ...EMPTY, grader: "no json", beta: "9" })).toEqual({});
  expect(draftFaults({ ...EMPTY, method: "reinforcement", grader: "no json" })).toEqual({ grader: { kind: "json" } });
});

test("a renamed field is renamed in all criteria, whatever it is called", () => {
  const [renamed] = withRenamedFields([NEW], "question, answer", "问题, expected_answer");
  expect(renamed?.reference).toBe("{{ item.expected_answer }}");
  expect(renamed?.prompt).toContain("{{ item.问题 }}");
  expect(renamed?.source).toContain('item["expected_answer"]');
  expect(renamed?.graders).toContain("item.expected_answer");
});

test("fields that change places or number are not renamed by guess", () => {
  expect(withRenamedFields([NEW], "question, answer", "question")).toEqual([NEW]);
  expect(withRenamedFields([NEW], "question, answer", "answer, question")).toEqual([NEW]);
});
