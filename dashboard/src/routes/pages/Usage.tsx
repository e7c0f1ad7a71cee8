/** The page of usage. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { UsagePage } from "@/features/usage/UsagePage";

const HERE = "/usage";

export default function Usage() {
  const navigate = useNavigate({ from: HERE });
  return (
    <UsagePage
      choice={useSearch({ from: HERE })}
      onChoice={(search) => void navigate({ search, replace: true, resetScroll: false })}
    />
  );
}
