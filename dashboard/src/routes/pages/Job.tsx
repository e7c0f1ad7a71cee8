/** The page of one job. */

import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { JobPage } from "@/features/jobs/JobPage";

const HERE = "/fine-tuning/$jobId";

export default function Job() {
  const { jobId } = useParams({ from: HERE });
  const navigate = useNavigate({ from: HERE });
  return (
    <JobPage
      key={jobId}
      id={jobId}
      choice={useSearch({ from: HERE })}
      onChoice={(choice) => void navigate({ search: choice, replace: true, resetScroll: false })}
    />
  );
}
