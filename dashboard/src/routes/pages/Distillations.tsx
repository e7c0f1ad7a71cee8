/** The pages of distillations; the form of a grader is that of evals. */

import { useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { DistillationList } from "@/features/distillations/DistillationList";
import { DistillationPage } from "@/features/distillations/DistillationPage";
import { NewDistillation } from "@/features/distillations/NewDistillation";
import { type Criterion, NEW, wireOf } from "@/features/evals/criteria";
import { CriterionForm } from "@/features/evals/CriterionForm";
import { DivergenceCurve } from "@/features/jobs/DivergenceCurve";
import { useMessages } from "@/i18n";

export function DistillationsPage() {
  return <DistillationList />;
}

/** A judge, since there is nothing yet to compare a stored answer with. */
function firstGrader(prompt: string): Criterion {
  return { ...NEW, kind: "score_model", prompt, reference: "", operation: "like" };
}

export function NewDistillationPage() {
  const words = useMessages().distillations;
  const [criterion, setCriterion] = useState(() => firstGrader(words.judgePrompt));
  return (
    <NewDistillation
      prefill={useSearch({ from: "/distillations/new" })}
      grader={{
        value: wireOf(criterion),
        form: (
          <CriterionForm
            criterion={criterion}
            onChange={(part) => setCriterion((before) => ({ ...before, ...part }))}
          />
        ),
      }}
    />
  );
}

export function DistillationDetail() {
  const { distillationId } = useParams({ from: "/distillations/$distillationId" });
  return (
    <DistillationPage
      key={distillationId}
      id={distillationId}
      curveOf={(jobId) => <DivergenceCurve jobId={jobId} />}
    />
  );
}
