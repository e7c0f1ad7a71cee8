/** Names with a star, each of which stands for every name that fits it. */

import { useQuery } from "@tanstack/react-query";
import { Named, Table } from "@/components/display/Table";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import { patternsQuery } from "./queries";

export function Patterns() {
  const words = useMessages().models.patterns;
  const patterns = useQuery(patternsQuery).data ?? [];
  if (patterns.length === 0) return null;
  return (
    <Card isFlush title={words.title}>
      <Table
        label={words.title}
        rows={patterns}
        keyOf={(pattern) => pattern.id}
        columns={[
          { head: words.pattern, cell: (pattern) => <Named name={pattern.id} /> },
          { head: words.model, cell: (pattern) => pattern.model },
          { head: words.ignores, cell: (pattern) => pattern.ignores.join(", ") },
        ]}
      />
      <p className={`${layout.quiet} ${layout.padded}`}>{words.about}</p>
    </Card>
  );
}
