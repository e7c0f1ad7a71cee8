/** Bases that are being added, with their progress, and those that lately were or failed. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { modelsQuery } from "@/api/queries";
import { type Addition, x } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Progress } from "@/components/display/Progress";
import { Ago } from "@/components/display/Time";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Notice, Problem } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes } from "@/lib/format";
import { basesQuery, isUnended } from "./queries";

const SHOWN = 5;

export function Additions({ additions }: { additions: readonly Addition[] }) {
  const words = useMessages().bases;
  const cache = useQueryClient();
  const ended = additions.filter((addition) => addition.status === "succeeded").length;
  // A base that was added is offered everywhere at once.
  useEffect(() => {
    void cache.invalidateQueries({ queryKey: modelsQuery.queryKey });
    void cache.invalidateQueries({ queryKey: ["bases", "catalogue"] });
  }, [cache, ended]);
  if (additions.length === 0) return null;
  return (
    <Card title={words.additions}>
      <div className={layout.stack}>
        {additions.slice(0, SHOWN).map((addition) => (
          <AdditionRow key={addition.id} addition={addition} />
        ))}
      </div>
    </Card>
  );
}

function AdditionRow({ addition }: { addition: Addition }) {
  const words = useMessages().bases;
  return (
    <div className={layout.tight}>
      <div className={layout.between}>
        <span>
          <strong>{addition.name}</strong> <span className={layout.quiet}>{words.status[addition.status]}</span>
        </span>
        {isUnended(addition) ? <Cancel id={addition.id} name={addition.name} /> : <Ago at={addition.created_at} />}
      </div>
      {isUnended(addition) && <Bar addition={addition} />}
      {addition.message && (
        <Notice kind={addition.status === "failed" ? "error" : "info"}>{addition.message}</Notice>
      )}
    </div>
  );
}

function Bar({ addition }: { addition: Addition }) {
  const words = useMessages().bases;
  const tag = useLocaleTag();
  if (addition.phase === null) return <span className={layout.quiet}>{words.waiting}</span>;
  const total = addition.total_bytes;
  return (
    <>
      {total !== null && <Progress label={addition.name} value={addition.done_bytes} max={total} />}
      <span className={layout.quiet}>
        {words.phase[addition.phase]} {addition.source}
        {total !== null && ` · ${bytes(addition.done_bytes, tag)} / ${bytes(total, tag)}`}
      </span>
    </>
  );
}

function Cancel({ id, name }: { id: string; name: string }) {
  const common = useMessages().common;
  const cache = useQueryClient();
  const cancelled = useMutation({
    mutationFn: () => x.cancelAddition(id),
    onSettled: () => cache.invalidateQueries({ queryKey: basesQuery.queryKey }),
  });
  return (
    <>
      <Problem error={cancelled.error} />
      <Button
        size="small"
        aria-label={`${common.cancel}: ${name}`}
        disabled={cancelled.isPending}
        onClick={() => cancelled.mutate()}
      >
        {common.cancel}
      </Button>
    </>
  );
}
