/** The files, the job and the eval that a distillation made. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { api } from "@/api/client";
import { fileQuery } from "@/api/queries";
import type { Distillation } from "@/api/x";
import { IconButton } from "@/components/controls/Button";
import { Card, Facts } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { saveAs } from "@/lib/encoding";

export function Made({ made }: { made: Distillation }) {
  const words = useMessages().distillations.made;
  const { training_file: training, validation_file: validation, provenance_file: provenance } = made;
  return (
    <Card title={words.title}>
      {training === null ? (
        <p className={layout.quiet}>{words.nothingYet}</p>
      ) : (
        <Facts
          facts={[
            [words.trainingFile, <FileLink key="training" id={training} />],
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
      )}
    </Card>
  );
}

function FileLink({ id }: { id: string }) {
  const common = useMessages().common;
  const file = useQuery(fileQuery(id));
  const name = file.data?.filename ?? id;
  const download = useMutation({
    mutationFn: async () => saveAs(name, await (await api().files.content(id)).blob()),
  });
  return (
    <>
      <span className={layout.oneLine}>
        <Link to="/files/$fileId" params={{ fileId: id }}>
          {name}
        </Link>
        <IconButton
          size="small"
          label={`${common.download}: ${name}`}
          disabled={download.isPending}
          onClick={() => download.mutate()}
        >
          <Download />
        </IconButton>
      </span>
      <Problem error={download.error} />
    </>
  );
}
