/** Teacher, base and student on what was held out, side by side, with the verdict. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play, Scale } from "lucide-react";
import type { Distillation } from "@/api/x";
import { LinkButton } from "@/components/controls/Button";
import { Named, Table } from "@/components/display/Table";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, decimal, percent } from "@/lib/format";
import { studentQuery } from "./queries";
import { askedOf } from "./request";

const ROLES = ["teacher", "base", "student"] as const;
const LOOKS = { better: "good", worse: "error", cannot_tell: "info" } as const;

export function Result({ made }: { made: Distillation }) {
  const words = useMessages().distillations.result;
  const tag = useLocaleTag();
  const { eval_id: evalId, runs, result } = made;
  const base = askedOf(made).student;
  const student = useQuery({ ...studentQuery(made.job_id ?? ""), enabled: runs.student !== null }).data;
  const models = { teacher: Object.keys(made.counts?.teachers ?? {}).join(", "), base, student: student ?? "" };
  if (evalId === null || runs.student === null) return null;
  const asTable = (
    <Table
      label={words.title}
      rows={ROLES}
      keyOf={(role) => role}
      columns={[
        {
          head: words.model,
          cell: (role) => <Role evalId={evalId} runId={runs[role]} name={words.roles[role]} model={models[role]} />,
        },
        { head: words.passed, kind: "number", cell: (role) => shown(result?.passed[role], (share) => percent(share, tag)) },
        {
          head: words.tokens,
          kind: "number",
          cell: (role) => shown(result?.tokens_per_call[role], (tokens) => count(Math.round(tokens), tag)),
        },
      ]}
    />
  );
  return (
    <Card
      title={words.title}
      actions={
        result !== null && (
          <>
            {runs.base !== null && (
              <LinkButton
                size="small"
                to="/evals/$evalId/compare"
                params={{ evalId }}
                search={{ base: runs.base, candidate: runs.student }}
              >
                <Scale /> {words.compare}
              </LinkButton>
            )}
            {student && (
              <LinkButton size="small" to="/playground" search={{ models: [base, student], system: undefined }}>
                <Play /> {words.tryIt}
              </LinkButton>
            )}
          </>
        )
      }
    >
      <div className={layout.stack}>
        {result !== null && <Verdict result={result} />}
        {asTable}
        {result !== null && <Saved result={result} />}
        {result?.cost_per_1000 && <Cost cost={result.cost_per_1000} />}
      </div>
    </Card>
  );
}

type Found = NonNullable<Distillation["result"]>;

function Verdict({ result }: { result: Found }) {
  const verdicts: Record<string, string> = useMessages().distillations.result.verdicts;
  const looks: Record<string, "good" | "error" | "info"> = LOOKS;
  return (
    <Notice kind={looks[result.verdict] ?? "info"}>
      <strong>{verdicts[result.verdict]}</strong> {result.sentence}
    </Notice>
  );
}

/** What a prompt that was baked in, or a question put more shortly, saves. */
function Saved({ result }: { result: Found }) {
  const words = useMessages().distillations.result;
  const tag = useLocaleTag();
  const { teacher, student } = result.tokens_per_call;
  if (teacher === undefined || student === undefined || Math.round(student) >= Math.round(teacher)) return null;
  const whole = (tokens: number) => count(Math.round(tokens), tag);
  return <p className={layout.quiet}>{words.saves(whole(student), whole(teacher), percent(1 - student / teacher, tag))}</p>;
}

/** What 1,000 calls take: money there, time of this machine here. */
function Cost({ cost }: { cost: NonNullable<Found["cost_per_1000"]> }) {
  const words = useMessages().distillations.result;
  const tag = useLocaleTag();
  const seconds = cost.machine_seconds.student;
  return (
    <>
      {cost.teacher_price !== null && (
        <p className={layout.quiet}>{words.teacherCosts(decimal(cost.teacher_price, 2, tag))}</p>
      )}
      {seconds !== undefined && <p className={layout.quiet}>{words.studentTakes(count(Math.round(seconds), tag))}</p>}
    </>
  );
}

function Role({ evalId, runId, name, model }: { evalId: string; runId: string | null; name: string; model: string }) {
  const named = <Named name={name} sub={model} />;
  if (runId === null) return named;
  return (
    <Link to="/evals/$evalId/runs/$runId" params={{ evalId, runId }}>
      {named}
    </Link>
  );
}

function shown(value: number | undefined, written: (value: number) => string): string {
  return value === undefined ? "–" : written(value);
}
