/** The files, the job and the eval that a distillation made. */

import { Link } from "@tanstack/react-router";
import type { Distillation } from "@/api/x";
import { Card, Facts } from "@/components/layout/Card";
import { useMessages } from "@/i18n";
import { FileLink } from "@/components/display/FileLink";

export function Made({ made }: { made: Distillation }) {
  const words = useMessages().distillations.made;
  const { training_file: training, validation_file: validation, provenance_file: provenance } = made;
  return (
    <Card title={words.title}>
      <Facts
        facts={[
          [words.trainingFile, training !== null && <FileLink key="training" id={training} />],
          [words.validationFile, validation !== null && <FileLink key="validation" id={validation} />],
          [words.provenanceFile, provenance !== null && <FileLink key="provenance" id={provenance} />],
          [
            words.job,
            made.job_id !== null && (
              <Link key="job" to="/fine-tuning/$jobId" params={{ jobId: made.job_id }}>
                {made.job_id}
              </Link>
            ),
          ],
          [
            words.eval,
            made.eval_id !== null && (
              <Link key="eval" to="/evals/$evalId" params={{ evalId: made.eval_id }}>
                {made.eval_id}
              </Link>
            ),
          ],
        ]}
      />
    </Card>
  );
}
