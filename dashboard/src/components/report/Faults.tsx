/** Everything that is wrong with a file, by line and place, and the repair of what can be repaired. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Wrench } from "lucide-react";
import { useState } from "react";
import { type FileFault, type FileFaults, type MethodName, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import layout from "@/components/layout/layout.module.css";
import { Failed, Loading, Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { useWorded } from "@/i18n/sentences";
import { count } from "@/lib/format";
import styles from "./Faults.module.css";

const PAGE = 20;

export const faultsQuery = (fileId: string, method: MethodName) => ({
  queryKey: ["files", fileId, "faults", method],
  queryFn: ({ signal }: { signal: AbortSignal }) => x.fileFaults(fileId, method, signal),
  // A file never changes.
  staleTime: Infinity,
});

export function Faults({
  fileId,
  method,
  onRepaired,
}: {
  fileId: string;
  method: MethodName;
  onRepaired: ((id: string) => void) | undefined;
}) {
  const words = useMessages().files.faults;
  const tag = useLocaleTag();
  const found = useQuery(faultsQuery(fileId, method));
  const [shown, setShown] = useState(PAGE);
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading />;
  const { faults, rows, repairs, unrepaired_rows } = found.data;
  if (faults.length === 0) return null;
  return (
    <section className={styles.box} aria-label={words.title}>
      <h3 className={styles.title}>{words.summary(count(repairs, tag), count(unrepaired_rows, tag), count(rows, tag))}</h3>
      <div className={styles.list} tabIndex={0} role="group" aria-label={words.title}>
        {faults.slice(0, shown).map((fault, at) => (
          <FaultRow key={at} fault={fault} />
        ))}
        {faults.length > shown && (
          <Button size="small" kind="quiet" onClick={() => setShown(faults.length)}>
            {words.more(count(faults.length - shown, tag))}
          </Button>
        )}
      </div>
      {onRepaired && <Repairing found={found.data} method={method} onRepaired={onRepaired} />}
    </section>
  );
}

function FaultRow({ fault }: { fault: FileFault }) {
  const files = useMessages().files;
  const words = files.faults;
  const codes: Record<string, ((value: string) => string) | undefined> = words.codes;
  const message = useWorded()(fault.message, fault.wording);
  const { before, marked, after } = fault.shown;
  const hasText = before !== "" || marked !== "";
  return (
    <div className={styles.row}>
      <span className={styles.line}>{files.report.line(fault.line)}</span>
      <div className={layout.tight}>
        <span>
          {codes[fault.code]?.(fault.value) ?? message}
          {codes[fault.code] && message !== "" && <span className={layout.quiet}> {message}</span>}
        </span>
        {fault.field !== "" && <span className={styles.field}>{fault.field}</span>}
        {hasText && (
          <div className={styles.code} data-kind={fault.is_repaired ? "before" : undefined}>
            {before}
            <mark>{marked}</mark>
            {after}
          </div>
        )}
        {fault.repaired !== "" && (
          <div className={styles.code} data-kind="after">
            <span className="visually-hidden">{words.becomes}: </span>
            {fault.repaired}
          </div>
        )}
      </div>
      <span className={styles.kind} data-repaired={fault.is_repaired}>
        {fault.is_repaired ? words.canRepair : words.cannotRepair}
      </span>
    </div>
  );
}

function Repairing({
  found,
  method,
  onRepaired,
}: {
  found: FileFaults;
  method: MethodName;
  onRepaired: (id: string) => void;
}) {
  const words = useMessages().files.faults;
  const tag = useLocaleTag();
  const cache = useQueryClient();
  const repair = useMutation({
    mutationFn: () =>
      x.repairFile(found.file_id, { method, leave_out_rest: found.unrepaired_rows > 0 }, `${found.file_id} ${method}`),
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: ["files", "list"] });
      onRepaired(made.repaired_file.id);
    },
  });
  if (found.good_rows === 0) return <Notice kind="warning">{words.nothingGood}</Notice>;
  const left = found.unrepaired_rows;
  return (
    <div className={styles.foot}>
      <p className={layout.quiet}>{words.about}</p>
      <Button kind="primary" disabled={repair.isPending} onClick={() => repair.mutate()}>
        <Wrench /> {left > 0 ? words.repairAndLeaveOut(count(left, tag)) : words.repair}
      </Button>
      <Problem error={repair.error} />
    </div>
  );
}
