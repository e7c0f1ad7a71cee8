/** The page on which a job is made: a new one, or an earlier one again with changes. */

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

export interface Beginning {
  /** A job to run again. */
  from?: string | undefined;
  /** A file to train on. */
  file?: string | undefined;
  /** A model to begin with. */
  model?: string | undefined;
}

const USUAL_BASE = "understudy-mini";

export function NewJobPage({ beginning }: { beginning: Beginning }) {
  const { jobs: words, common } = useMessages();
  const models = useQuery(modelsQuery);
  const earlier = useQuery({
    queryKey: ["jobs", beginning.from, "again"],
    queryFn: ({ signal }) => api().fineTuning.jobs.retrieve(beginning.from ?? "", { signal }),
    enabled: beginning.from !== undefined,
    staleTime: Infinity,
  });
  const error = models.error ?? earlier.error;
  const isReady = models.data !== undefined && (beginning.from === undefined || earlier.data !== undefined);
  return (
    <Page
      title={beginning.from === undefined ? words.form.title : words.form.again}
      crumb={{ label: common.nav.fineTuning, to: { to: "/fine-tuning" } }}
    >
      {isReady ? (
        <JobForm
          initial={earlier.data ? draftOf(earlier.data) : begin(beginning, models.data)}
          key={JSON.stringify(beginning)}
        />
      ) : (
        <Card>{error ? <Failed error={error} onRetry={() => void models.refetch()} /> : <Loading />}</Card>
      )}
    </Page>
  );
}

function begin(beginning: Beginning, models: readonly { id: string; created: number }[]): Draft {
  const bases = groupModels(models, "").find((group) => group.kind === "bases")?.names ?? [];
  const usual = bases.includes(USUAL_BASE) ? USUAL_BASE : (bases[0] ?? "");
  return { ...EMPTY, model: beginning.model ?? usual, training: beginning.file ?? null };
}
