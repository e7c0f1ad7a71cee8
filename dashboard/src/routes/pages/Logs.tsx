/** The pages of logs. */

import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { LogPage } from "@/features/logs/LogPage";
import { Logs } from "@/features/logs/Logs";

export function LogsPage() {
  const { kind, ...filter } = useSearch({ from: "/logs" });
  const navigate = useNavigate({ from: "/logs" });
  return (
    <Logs
      kind={kind ?? "completions"}
      filter={filter}
      onChange={(next, changed) =>
        void navigate({ search: { ...changed, kind: next === "completions" ? undefined : next }, replace: true })
      }
    />
  );
}

export function LogDetail() {
  const { kind, logId } = useParams({ from: "/logs/$kind/$logId" });
  return <LogPage kind={kind === "responses" ? "responses" : "completions"} id={logId} />;
}
