/** The pages of evals. */

import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ComparePage } from "@/features/evals/ComparePage";
import { EvalList } from "@/features/evals/EvalList";
import { EvalPage } from "@/features/evals/EvalPage";
import { NewEval } from "@/features/evals/NewEval";
import { RunPage } from "@/features/evals/RunPage";

export function EvalsPage() {
  return <EvalList />;
}

export function NewEvalPage() {
  return <NewEval />;
}

export function EvalDetail() {
  const { evalId } = useParams({ from: "/evals/$evalId" });
  return <EvalPage key={evalId} id={evalId} />;
}

export function RunDetail() {
  const { evalId, runId } = useParams({ from: "/evals/$evalId/runs/$runId" });
  const navigate = useNavigate({ from: "/evals/$evalId/runs/$runId" });
  const { status, label } = useSearch({ from: "/evals/$evalId/runs/$runId" });
  return (
    <RunPage
      key={runId}
      evalId={evalId}
      runId={runId}
      status={status}
      onStatus={(next) => void navigate({ search: { status: next, label }, replace: true, resetScroll: false })}
      label={label}
      onLabel={(next) => void navigate({ search: { status, label: next }, replace: true, resetScroll: false })}
    />
  );
}

export function Comparison() {
  const { evalId } = useParams({ from: "/evals/$evalId/compare" });
  const { base, candidate } = useSearch({ from: "/evals/$evalId/compare" });
  return <ComparePage evalId={evalId} base={base} candidate={candidate} />;
}
