/** Known bases with what they take, and whether this machine has it. */

import type { BaseCatalogue, KnownBase, MemoryNeed } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { Tag } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import layout from "@/components/layout/layout.module.css";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes, count, parameters } from "@/lib/format";

export function CatalogueTable({
  catalogue,
  isBusy,
  onAdd,
}: {
  catalogue: BaseCatalogue;
  isBusy: boolean;
  onAdd: (name: string) => void;
}) {
  const { bases: words, models } = useMessages();
  const tag = useLocaleTag();
  return (
    <div className={layout.tight}>
      <p className={layout.quiet}>
        {words.machine(
          catalogue.machine.device === "cuda",
          bytes(catalogue.machine.total_bytes, tag),
          bytes(catalogue.machine.free_bytes, tag),
        )}{" "}
        {words.needs(count(catalogue.example_tokens, tag), count(catalogue.answer_tokens, tag))}
      </p>
      <Table
        label={words.source.catalogue}
        rows={catalogue.data}
        keyOf={(base) => base.name}
        columns={[
          {
            head: models.name,
            cell: (base) => (
              <Named
                name={base.name}
                sub={
                  <>
                    <span className={layout.wideLine}>{base.hub_id}</span>
                    <span className={layout.narrowLine}>{parameters(base.parameters, tag)}</span>
                  </>
                }
              />
            ),
          },
          { head: words.licence, isWideOnly: true, cell: (base) => <Licence base={base} /> },
          {
            head: words.size,
            kind: "number",
            isWideOnly: true,
            cell: (base) => (
              <Named name={parameters(base.parameters, tag)} sub={words.context(count(base.context, tag))} />
            ),
          },
          { head: "LoRA", kind: "number", isWideOnly: true, cell: (base) => <Need need={base.lora} /> },
          { head: words.full, kind: "number", isWideOnly: true, cell: (base) => <Need need={base.full} /> },
          { head: words.serve, kind: "number", cell: (base) => <Need need={base.serve} /> },
          {
            head: <span className="visually-hidden">{words.add}</span>,
            kind: "tight",
            cell: (base) =>
              base.is_added ? (
                <Tag>{words.isAdded}</Tag>
              ) : (
                <Button
                  size="small"
                  aria-label={`${words.addOne}: ${base.name}`}
                  disabled={isBusy || base.serve.fit === "too_large"}
                  onClick={() => onAdd(base.name)}
                >
                  {words.addOne}
                </Button>
              ),
          },
        ]}
      />
    </div>
  );
}

function Licence({ base }: { base: KnownBase }) {
  const words = useMessages().bases;
  const accept = base.must_accept ? `${words.mustAccept} · ` : "";
  return <Named name={base.licence} sub={`${accept}${base.template}, ${words.tools(base.tools)}`} />;
}

function Need({ need }: { need: MemoryNeed }) {
  const words = useMessages().bases;
  const tag = useLocaleTag();
  return <Named name={bytes(need.bytes, tag)} sub={words.fit[need.fit]} />;
}
