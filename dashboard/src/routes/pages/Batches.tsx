/** The pages of batches. */

import { useParams } from "@tanstack/react-router";
import { BatchList } from "@/features/batches/BatchList";
import { BatchPage } from "@/features/batches/BatchPage";

export function BatchesPage() {
  return <BatchList />;
}

export function BatchDetail() {
  const { batchId } = useParams({ from: "/batches/$batchId" });
  return <BatchPage key={batchId} id={batchId} />;
}
