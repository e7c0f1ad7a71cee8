/** Which file this one was made from, and what was done to it, in words. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import layout from "@/components/layout/layout.module.css";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { originQuery } from "./editor/queries";

export function OriginNote({ id }: { id: string }) {
  const words = useMessages().files.origin;
  const tag = useLocaleTag();
  const origin = useQuery(originQuery(id)).data?.origin;
  if (!origin) return null;
  const named: Record<string, (n: string) => string> = words.counts;
  const done = Object.entries(origin.counts)
    .filter(([, n]) => n > 0)
    .map(([what, n]) => named[what]?.(count(n, tag)) ?? `${what} ${n}`);
  return (
    <p className={layout.quiet}>
      {words.deeds[origin.deed]}{" "}
      {origin.is_deleted ? (
        <>
          {origin.filename} {words.deleted}
        </>
      ) : (
        <Link to="/files/$fileId" params={{ fileId: origin.file_id }}>
          {origin.filename}
        </Link>
      )}
      {done.length > 0 && words.colon}
      {done.join(words.comma)}
      {words.end}
    </p>
  );
}
