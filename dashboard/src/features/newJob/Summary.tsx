/** The estimate of the job, and the button that creates it. */

import type { FileReport, JobEstimate } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Card, Facts } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, duration } from "@/lib/format";
import { isFieldError } from "./fieldErrors";
import styles from "./JobForm.module.css";

export function Summary({
  estimate,
  report,
  heldOut,
  hasFile,
  isValidationReady,
  isEstimating,
  isCreating,
  isRight,
  error,
}: {
  estimate: JobEstimate | null;
  report: FileReport | undefined;
  /** Examples that the automatic split holds out. */
  heldOut: number;
  hasFile: boolean;
  isValidationReady: boolean;
  isEstimating: boolean;
  isCreating: boolean;
  /** Whether every field holds what it may. */
  isRight: boolean;
  error: unknown;
}) {
  const { jobs, files } = useMessages();
  const words = jobs.form;
  const tag = useLocaleTag();
  const isBroken = report?.is_clean === false;
  // A file may be too short without a wrong line.
  const hasFaults = (report?.report.errors.length ?? 0) > 0;
  return (
    <div className={styles.aside}>
      <Card title={words.summary}>
        <div className={layout.stack} aria-busy={isEstimating}>
          {!hasFile && <p className={layout.quiet}>{words.nothingYet}</p>}
          {isBroken && <Notice kind="warning">{hasFaults ? words.notClean : words.notEnough}</Notice>}
          {estimate !== null && !isBroken && hasFile && (
            <Facts
              facts={[
                [jobs.base, estimate.model],
                [files.report.examples, count(estimate.examples, tag)],
                ...(heldOut > 0 ? [[words.heldOut, count(heldOut, tag)] as const] : []),
                [words.epochs, estimate.n_epochs.value],
                [words.batchSize, estimate.batch_size.value],
                [words.steps, count(estimate.steps, tag)],
                ...(estimate.tokens === null
                  ? ([[words.answers, estimate.answers !== null && count(estimate.answers, tag)]] as const)
                  : ([
                      [words.tokens, count(estimate.tokens, tag)],
                      [words.time, estimate.seconds === null ? words.timeUnknown : `≈ ${duration(estimate.seconds, tag)}`],
                    ] as const)),
              ]}
            />
          )}
          {!isRight && <Notice kind="error">{words.wrongFields}</Notice>}
          {!isFieldError(error) && <Problem error={error} />}
          <Button type="submit" kind="primary" disabled={!hasFile || isBroken || !isValidationReady || isCreating}>
            {isCreating ? words.creating : words.create}
          </Button>
        </div>
      </Card>
    </div>
  );
}
