/** All fine-tuning jobs, filtered by status and text; live jobs show their progress. */

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, SlidersHorizontal } from "lucide-react";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { useEffect } from "react";
import { jobSearchQuery, overviewQuery } from "@/api/queries";
import type { ActiveJob } from "@/api/x";
import { LinkButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { SearchInput, Select } from "@/components/controls/Field";
import layout from "@/components/layout/layout.module.css";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Progress } from "@/components/display/Progress";
import { Empty } from "@/components/layout/States";
import { Status } from "@/components/display/Status";
import { type Column, Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { type Messages } from "@/i18n/messages";
import { useMessages } from "@/i18n";
import { useDebounced } from "@/lib/debounced";
import { STATUSES } from "@/lib/jobs";

const DEBOUNCE_MS = 250;

export interface JobFilter {
  q?: string | undefined;
  status?: string | undefined;
}

export function JobList({ filter, onFilter }: { filter: JobFilter; onFilter: (filter: JobFilter) => void }) {
  const { jobs: words, common } = useMessages();
  const isFiltered = filter.q !== undefined || filter.status !== undefined;
  const jobs = useInfiniteQuery(jobSearchQuery(useDebounced(filter.q ?? "", DEBOUNCE_MS), filter.status));
  const active = useQuery(overviewQuery).data?.active ?? [];
  useFreshWhen(active.map((job) => `${job.id} ${job.status}`).join("\n"));
  const create = (
    <LinkButton to="/fine-tuning/new" kind="primary">
      <Plus /> {words.create}
    </LinkButton>
  );
  return (
    <Page title={common.nav.fineTuning} about={words.about} actions={create}>
      <div className={layout.filters}>
        <SearchInput
          label={words.search}
          value={filter.q ?? ""}
          onChange={(event) => onFilter({ ...filter, q: event.target.value || undefined })}
        />
        <Select
          label={words.status}
          value={filter.status ?? ""}
          onChange={(event) => onFilter({ ...filter, status: event.target.value || undefined })}
        >
          <option value="">{words.anyStatus}</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {common.statuses[status]}
            </option>
          ))}
        </Select>
      </div>
      <Card isFlush>
        <Loaded query={jobs} lines={6}>
          {(pages) => {
            const rows = pages.pages.flatMap((page) => page.data);
            if (rows.length === 0 && !isFiltered) {
              return (
                <Empty icon={SlidersHorizontal} title={words.none} actions={create}>
                  {words.noneText}
                </Empty>
              );
            }
            return (
              <>
                {rows.length === 0 ? (
                  <Empty isSmall title={words.noMatch} />
                ) : (
                  <Table
                    label={common.nav.fineTuning}
                    rows={rows}
                    keyOf={(job) => job.id}
                    columns={columns(words, active)}
                  />
                )}
                <MorePages query={jobs} />
              </>
            );
          }}
        </Loaded>
      </Card>
    </Page>
  );
}

/** The list is requested again when a job starts, changes its status or ends, not every second. */
function useFreshWhen(sign: string): void {
  const cache = useQueryClient();
  useEffect(() => {
    void cache.invalidateQueries({ queryKey: ["jobs", "list"] });
  }, [cache, sign]);
}

function columns(words: Messages["jobs"], active: readonly ActiveJob[]): Column<FineTuningJob>[] {
  return [
    {
      head: words.job,
      cell: (job) => (
        <Link to="/fine-tuning/$jobId" params={{ jobId: job.id }}>
          <Named name={suffixOf(job) || job.id} sub={job.fine_tuned_model ?? job.id} />
        </Link>
      ),
    },
    { head: words.base, cell: (job) => job.model, isWideOnly: true },
    {
      head: words.status,
      kind: "tight",
      cell: (job) => {
        const live = active.find((one) => one.id === job.id);
        return (
          <div className={layout.snug}>
            <div>
              <Status status={live?.status ?? job.status} />
            </div>
            {live?.step != null && live.total_steps != null && (
              <Progress label={words.progress} value={live.step} max={live.total_steps} />
            )}
          </div>
        );
      },
    },
    { head: words.created, kind: "tight", isWideOnly: true, cell: (job) => <Ago at={job.created_at} /> },
  ];
}

/** The official type does not know this field, which every job of this server has. */
function suffixOf(job: FineTuningJob): string {
  return (job as { user_provided_suffix?: string | null }).user_provided_suffix ?? "";
}
