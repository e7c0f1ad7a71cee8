/** The jobs that are drawn over another one, of this server or imported, as far as they are loaded. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { shortModel } from "@/lib/format";
import type { NamedHistory } from "./curves";
import type { JobHistory } from "./history";
import { importedHistoryQuery, importedJobsQuery } from "./imported";
import { historyQuery } from "./queries";

const NAME_LENGTH = 28;

export function useOthers(ids: readonly string[]): readonly NamedHistory[] {
  const imported = useQuery(importedJobsQuery).data;
  const records = ids.map((id) => imported?.find((one) => one.id === id));
  const own = useQueries({
    queries: ids.map((id, at) => ({ ...historyQuery(id), enabled: imported !== undefined && records[at] === undefined })),
  });
  const old = useQueries({ queries: records.map((record) => importedHistoryQuery(record)) });
  const found = ids.map((_, at) => (records[at] === undefined ? own[at]?.data : old[at]?.data));
  return found.flatMap((history) => (history ? [named(history)] : []));
}

export function named(history: JobHistory): NamedHistory {
  return { history, name: shortModel(history.job.fine_tuned_model ?? history.job.id, NAME_LENGTH) };
}
