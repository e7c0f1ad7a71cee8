/** The room that is taken on the disk, by what is kept. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { modelsQuery } from "@/api/queries";
import { type DiskUse, x } from "@/api/x";
import { Named, Table } from "@/components/display/Table";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes, count } from "@/lib/format";

/** The server reads every stored answer for it. */
const diskQuery = queryOptions({
  queryKey: [...modelsQuery.queryKey, "disk"],
  queryFn: ({ signal }) => x.disk(signal),
  staleTime: 60_000,
});

export function Disk() {
  const words = useMessages().models.disk;
  const disk = useQuery(diskQuery);
  return (
    <Card isFlush title={words.title}>
      <Loaded query={disk} lines={6}>
        {(found) => <Parts disk={found} />}
      </Loaded>
    </Card>
  );
}

function Parts({ disk }: { disk: DiskUse }) {
  const words = useMessages().models.disk;
  const tag = useLocaleTag();
  const parts = disk.data.map((part) => ({
    name: words.kinds[part.kind],
    note: part.belongs_to === "server" ? words.everybodys : "",
    number: count(part.count, tag),
    size: bytes(part.bytes, tag),
  }));
  return (
    <>
      <Table
        label={words.title}
        rows={[...parts, { name: words.total, note: "", number: "", size: bytes(disk.total_bytes, tag) }]}
        keyOf={(part) => part.name}
        columns={[
          { head: words.kind, cell: (part) => <Named name={part.name} sub={part.note} /> },
          { head: words.count, kind: "number", cell: (part) => part.number },
          { head: words.bytes, kind: "number", cell: (part) => part.size },
        ]}
      />
      <p className={`${layout.quiet} ${layout.padded}`}>{words.free(bytes(disk.free_bytes, tag))}</p>
    </>
  );
}
