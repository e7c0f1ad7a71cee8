/** How far a student is from its teacher, step by step. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Chart } from "@/components/display/Chart";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import { DIVERGENCE, draw } from "./series/curves";
import { historyQuery } from "./series/queries";

export function DivergenceCurve({ jobId }: { jobId: string }) {
  const words = useMessages().jobs.chart;
  const history = useQuery(historyQuery(jobId)).data;
  const drawing = useMemo(() => {
    const named: Record<string, string> = words.metrics;
    return history && draw(history, [], { view: DIVERGENCE, smoothing: 0, axis: "steps", nameOf: (metric) => named[metric] ?? metric });
  }, [history, words]);
  if (history === undefined || drawing === undefined || drawing.curves.length === 0) return null;
  return (
    <Card title={words.views.divergence}>
      <div className={layout.stack}>
        <p className={layout.quiet}>{words.divergenceHint}</p>
        <Chart
          label={words.views.divergence}
          steps={drawing.steps}
          curves={drawing.curves}
          marks={history.checkpoints.map((checkpoint) => checkpoint.step_number)}
          isShare={false}
        />
      </div>
    </Card>
  );
}
