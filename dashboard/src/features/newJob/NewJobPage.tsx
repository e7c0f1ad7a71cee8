/** The form for a new job, empty or filled in from an earlier one. */

import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/client";
import { modelsQuery } from "@/api/queries";
import { Card } from "@/components/layout/Card";
import { Page } from "@/components/layout/Page";
import { Failed, Loading } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { groupModels } from "@/lib/models";
import { type Draft, draftOf, EMPTY } from "./draft";
import { JobForm } from "./JobForm";

export interface Prefill {
  /** A job to run again. */
  from?: string | undefined;
  /** A file to train on. */
  file?: string | undefined;
  /** A model to fine-tune. */
  model?: string | undefined;
}

const USUAL_BASE = "understudy-mini";

export function NewJobPage({ prefill }: { prefill: Prefill }) {
  const { jobs: words, common } = useMessages();
  const models = useQuery(modelsQuery);
  const earlier = useQuery({
    queryKey: ["jobs", prefill.from, "again"],
    queryFn: ({ signal }) => api().fineTuning.jobs.retrieve(prefill.from ?? "", { signal }),
    enabled: prefill.from !== undefined,
    staleTime: Infinity,
  });
  const error = models.error ?? earlier.error;
  const isReady = models.data !== undefined && (prefill.from === undefined || earlier.data !== undefined);
  return (
    <Page
      title={prefill.from === undefined ? words.form.title : words.form.again}
      crumb={{ label: common.nav.fineTuning, to: { to: "/fine-tuning" } }}
    >
      {isReady ? (
        <JobForm
          initial={earlier.data ? draftOf(earlier.data) : prefilled(prefill, models.data)}
          key={JSON.stringify(prefill)}
          name={`job ${JSON.stringify(prefill)}`}
        />
      ) : (
        <Card>{error ? <Failed error={error} onRetry={() => void models.refetch()} /> : <Loading />}</Card>
      )}
    </Page>
  );
}

function prefilled(prefill: Prefill, models: readonly { id: string; created: number }[]): Draft {
  const bases = groupModels(models, "").find((group) => group.kind === "bases")?.names ?? [];
  const usual = bases.includes(USUAL_BASE) ? USUAL_BASE : (bases[0] ?? "");
  return { ...EMPTY, model: prefill.model ?? usual, training: prefill.file ?? null };
}
