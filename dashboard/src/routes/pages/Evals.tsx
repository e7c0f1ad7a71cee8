/** The pages of evals. */

import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ComparePage } from "@/features/evals/ComparePage";
import { EvalList } from "@/features/evals/EvalList";
import { EvalPage } from "@/features/evals/EvalPage";
import { NewEval } from "@/features/evals/NewEval";
import { RunPage } from "@/features/evals/RunPage";
import { SeveralPage } from "@/features/evals/SeveralPage";

export function EvalsPage() {
  return <EvalList />;
}

export function NewEvalPage() {
  const wish = useSearch({ from: "/evals/new" });
  return <NewEval key={JSON.stringify(wish)} wish={wish} />;
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
  const { base, candidate, ...wish } = useSearch({ from: "/evals/$evalId/compare" });
  const navigate = useNavigate({ from: "/evals/$evalId/compare" });
  return (
    <ComparePage
      evalId={evalId}
      base={base}
      candidate={candidate}
      wish={wish}
      onWish={(next) => void navigate({ search: { base, candidate, ...next }, replace: true, resetScroll: false })}
    />
  );
}

export function Comparisons() {
  const { evalId } = useParams({ from: "/evals/$evalId/comparisons" });
  const { run, every, ...wish } = useSearch({ from: "/evals/$evalId/comparisons" });
  const navigate = useNavigate({ from: "/evals/$evalId/comparisons" });
  return (
    <SeveralPage
      evalId={evalId}
      runs={run}
      wish={wish}
      onWish={(next) => void navigate({ search: { run, every, ...next }, replace: true, resetScroll: false })}
      isEveryPair={every === true}
      onEveryPair={(isOn) =>
        void navigate({ search: { run, every: isOn || undefined, ...wish }, replace: true, resetScroll: false })
      }
    />
  );
}
