/** How many requests of a batch are answered: a number, and a bar while it runs. */

import type { Batch } from "openai/resources/batches";
import { Progress } from "@/components/display/Progress";
import layout from "@/components/layout/layout.module.css";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { hasEnded } from "./queries";

export function Answered({ batch }: { batch: Batch }) {
  const words = useMessages().batches;
  const tag = useLocaleTag();
  const { total, completed, failed } = batch.request_counts ?? { total: 0, completed: 0, failed: 0 };
  if (total === 0) return "–";
  return (
    <span className={layout.tight}>
      <span>
        {words.answeredOf(count(completed + failed, tag), count(total, tag))}
        {failed > 0 && <span className={layout.faint}> · {words.failedCount(count(failed, tag))}</span>}
      </span>
      {!hasEnded(batch) && <Progress label={words.answered} value={completed + failed} max={total} />}
    </span>
  );
}
