/** The page of a new job. */

import { useSearch } from "@tanstack/react-router";
import { NewJobPage } from "@/features/newJob/NewJobPage";

export default function NewJob() {
  return <NewJobPage prefill={useSearch({ from: "/fine-tuning/new" })} />;
}
