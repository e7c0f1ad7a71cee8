/** The page of the playground. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { Playground as Models } from "@/features/playground/Playground";

const HERE = "/playground";

export default function Playground() {
  const { models, system } = useSearch({ from: HERE });
  const navigate = useNavigate({ from: HERE });
  return (
    <Models
      chosen={models ?? []}
      system={system}
      onChoose={(chosen) => void navigate({ search: (before) => ({ ...before, models: chosen }), replace: true })}
    />
  );
}
