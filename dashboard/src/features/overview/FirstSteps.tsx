/** The guide's four steps, and which of them this project has taken; gone when all are. */

import { Circle, CircleCheck } from "lucide-react";
import type { Overview } from "@/api/x";
import { LinkButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import styles from "./FirstSteps.module.css";

export function FirstSteps({ overview }: { overview: Overview }) {
  const words = useMessages().start;
  const steps = [
    { name: words.steps.evals, isDone: overview.evals > 0 },
    { name: words.steps.files, isDone: overview.files > 0 },
    { name: words.steps.jobs, isDone: overview.tuned_models > 0 },
    { name: words.steps.compared, isDone: overview.tuned_runs > 0 },
  ];
  if (steps.every((step) => step.isDone)) return null;
  return (
    <Card title={words.firstSteps}>
      <div className={layout.between}>
        <ol className={styles.steps}>
          {steps.map(({ name, isDone }) => (
            <li key={name} className={isDone ? styles.done : undefined}>
              {isDone ? <CircleCheck size={16} aria-label={words.done} /> : <Circle size={16} aria-hidden />} {name}
            </li>
          ))}
        </ol>
        <LinkButton to="/start" kind="primary">
          {words.open}
        </LinkButton>
      </div>
    </Card>
  );
}
