/** What a reinforcement job is rewarded for. */

import { Link } from "@tanstack/react-router";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { CodeBlock } from "@/components/display/Code";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";

/** What the official types leave out is ours. */
interface Rewards {
  grader: object;
  shadow_grader?: object;
  response_format?: object;
}

export function GraderCard({ job }: { job: FineTuningJob }) {
  const { form: words, samples } = useMessages().jobs;
  const rewards = job.method?.reinforcement as Rewards | undefined;
  if (rewards === undefined) return null;
  const evalId = (job as { eval_id?: string }).eval_id;
  const parts = [
    [null, rewards.grader],
    [words.shadowGrader, rewards.shadow_grader],
    [words.responseFormat, rewards.response_format],
  ] as const;
  return (
    <Card title={words.grader}>
      <div className={layout.stack}>
        {parts.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name ?? "grader"}>
                {name !== null && <p className={layout.faint}>{name}</p>}
                <CodeBlock code={JSON.stringify(value, null, 2)} isWrapped />
              </div>
            ),
        )}
        {evalId !== undefined && (
          <Link to="/evals/$evalId" params={{ evalId }}>
            {samples.validations}
          </Link>
        )}
      </div>
    </Card>
  );
}
