/** The pages of leaving OpenAI and of shadows. */

import { useParams, useSearch } from "@tanstack/react-router";
import { LeavingPage } from "@/features/leaving/LeavingPage";
import { ShadowList } from "@/features/shadows/ShadowList";
import { ShadowPage } from "@/features/shadows/ShadowPage";

export function LeavingRoutePage() {
  return <LeavingPage />;
}

export function ShadowsPage() {
  return <ShadowList prefill={useSearch({ from: "/shadows" })} />;
}

export function ShadowDetail() {
  const { name } = useParams({ from: "/shadows/$name" });
  return <ShadowPage key={name} name={name} />;
}
