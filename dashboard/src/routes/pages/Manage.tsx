/** The pages of models and keys. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { Keys } from "@/features/keys/Keys";
import { Models } from "@/features/models/Models";

export function ModelsPage() {
  const { q } = useSearch({ from: "/models" });
  const navigate = useNavigate({ from: "/models" });
  return <Models filter={q ?? ""} onFilter={(next) => void navigate({ search: { q: next }, replace: true })} />;
}

export function KeysPage() {
  return <Keys />;
}
