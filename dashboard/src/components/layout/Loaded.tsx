/** The data of a query, or its loading or failed state. */

import type { UseInfiniteQueryResult, UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useMessages } from "@/i18n";
import { Button } from "@/components/controls/Button";
import styles from "./Loaded.module.css";
import { Failed, Loading } from "./States";

export function Loaded<Data>({
  query,
  lines,
  children,
}: {
  query: UseQueryResult<Data>;
  lines?: number;
  children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading lines={lines} />;
}

/** "Show more" below a list that has further pages. */
export function MorePages({ query }: { query: UseInfiniteQueryResult }) {
  const common = useMessages().common;
  if (!query.hasNextPage) return null;
  return (
    <div className={styles.more}>
      <Button size="small" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {query.isFetchingNextPage ? common.loading : common.loadMore}
      </Button>
    </div>
  );
}
