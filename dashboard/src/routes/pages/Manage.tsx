/** The pages of models and keys. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { Keys } from "@/features/keys/Keys";
import { Models } from "@/features/models/Models";

export function ModelsPage() {
  const { q, add } = useSearch({ from: "/models" });
  const navigate = useNavigate({ from: "/models" });
  return (
    <Models
      filter={q ?? ""}
      onFilter={(next) => void navigate({ search: { q: next, add }, replace: true })}
      isAdding={add === true}
      onAdding={(isAdding) => void navigate({ search: { q, add: isAdding || undefined }, replace: true })}
    />
  );
}

export function KeysPage() {
  const { create } = useSearch({ from: "/keys" });
  const navigate = useNavigate({ from: "/keys" });
  return (
    <Keys
      isCreating={create === true}
      onCreating={(isCreating) => void navigate({ search: { create: isCreating || undefined }, replace: true })}
    />
  );
}
