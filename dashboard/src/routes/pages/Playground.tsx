/** The page of the playground. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { Playground as Models } from "@/features/playground/Playground";

const HERE = "/playground";

export default function Playground() {
  const { models, system, question, job, line } = useSearch({ from: HERE });
  const navigate = useNavigate({ from: HERE });
  return (
    <Models
      chosen={models ?? []}
      system={system}
      question={question}
      job={job}
      line={line ?? 1}
      onLine={(wanted) => void navigate({ search: (before) => ({ ...before, line: wanted > 1 ? wanted : undefined }), replace: true, resetScroll: false })}
      onChoose={(chosen) => void navigate({ search: (before) => ({ ...before, models: chosen }), replace: true })}
    />
  );
}
