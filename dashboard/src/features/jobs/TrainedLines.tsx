/** A small report card where nothing was held out: both models answer two lines that one was trained on. */

import { useMutation } from "@tanstack/react-query";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { Play } from "lucide-react";
import { api } from "@/api/client";
import { lineOfJobQuery } from "@/api/queries";
import { Button, LinkButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { type AskedExample, written } from "@/lib/askedExample";
import styles from "./ReportCard.module.css";
import { Said } from "./Said";

const MAX_LINES = 2;
const MAX_TOKENS = 256;

interface Tried extends AskedExample {
  line: number;
  base: string;
  tuned: string;
}

export function TrainedLines({ job, tuned }: { job: FineTuningJob; tuned: string }) {
  const { evals, jobs } = useMessages();
  const words = evals.card;
  const trial = useMutation({
    mutationFn: async (_: undefined, { client }): Promise<Tried[]> => {
      const lines = Array.from({ length: MAX_LINES }, (_, at) => at + 1);
      const found = await Promise.all(
        lines.map(async (line) => ({ line, example: (await client.query(lineOfJobQuery(job.id, line))).example })),
      );
      return Promise.all(
        found.flatMap(({ line, example }) => (example ? [tryBoth(line, example, job.model, tuned)] : [])),
      );
    },
  });
  return (
    <Card title={words.title} isFlush={trial.data !== undefined && trial.data.length > 0}>
      <div className={trial.data?.length ? layout.padded : undefined}>
        <div className={layout.tight}>
          <Notice kind="info">{words.nothingHeldOut}</Notice>
          {trial.data?.length === 0 && <Notice kind="warning">{words.noLineToAsk}</Notice>}
          <Problem error={trial.error} />
          <div className={layout.row}>
            {trial.data === undefined && (
              <Button size="small" disabled={trial.isPending} onClick={() => trial.mutate(undefined)}>
                <Play /> {trial.isPending ? words.asking : words.askLines}
              </Button>
            )}
            <LinkButton size="small" to="/fine-tuning/new" search={{ from: job.id }}>
              {jobs.retry}
            </LinkButton>
          </div>
        </div>
      </div>
      {trial.data !== undefined && trial.data.length > 0 && (
        <div className={styles.samples}>
          <h3>{words.trainedLines}</h3>
          {trial.data.map((sample) => (
            <div key={sample.line} className={styles.sample}>
              <p className={styles.question}>{sample.question}</p>
              <Said who={words.expected} text={sample.expected} />
              <Said who={words.base} text={sample.base} isRight={isSame(sample.base, sample.expected)} />
              <Said who={words.tuned} text={sample.tuned} isRight={isSame(sample.tuned, sample.expected)} />
            </div>
          ))}
        </div>
      )}
    </Card>
  );
}

function isSame(one: string, other: string): boolean {
  return one.trim() === other.trim();
}

async function tryBoth(line: number, example: AskedExample, base: string, tuned: string): Promise<Tried> {
  const [ofBase, ofTuned] = await Promise.all([answer(base, example), answer(tuned, example)]);
  return { ...example, line, base: ofBase, tuned: ofTuned };
}

async function answer(model: string, { system, tools, question }: AskedExample): Promise<string> {
  const messages: ChatCompletionMessageParam[] = [{ role: "user", content: question }];
  const completion = await api().chat.completions.create({
    model,
    messages: system === "" ? messages : [{ role: "system", content: system }, ...messages],
    ...(tools !== "" && { tools: JSON.parse(tools) as [] }),
    temperature: 0,
    max_completion_tokens: MAX_TOKENS,
  });
  const message = completion.choices[0]?.message;
  const calls = (message?.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [{ id: call.id, ...call.function }] : []));
  return written({ text: message?.content ?? "", calls });
}
