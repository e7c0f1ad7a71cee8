/** All distillations of the project. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { GraduationCap, Plus } from "lucide-react";
import { LinkButton } from "@/components/controls/Button";
import { Status } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { Card } from "@/components/layout/Card";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import { distillationsQuery } from "./queries";
import { askedOf } from "./request";

export function DistillationList() {
  const { distillations: words, common } = useMessages();
  const tag = useLocaleTag();
  const made = useInfiniteQuery(distillationsQuery);
  const create = (
    <LinkButton to="/distillations/new" kind="primary">
      <Plus /> {words.create}
    </LinkButton>
  );
  return (
    <Page title={common.nav.distillations} about={words.about} actions={create}>
      <Card isFlush>
        <Loaded query={made} lines={6}>
          {(pages) => {
            const rows = pages.pages.flatMap((page) => page.data);
            if (rows.length === 0) {
              return (
                <Empty icon={GraduationCap} title={words.none} actions={create}>
                  {words.noneText}
                </Empty>
              );
            }
            return (
              <>
                <Table
                  label={common.nav.distillations}
                  rows={rows}
                  keyOf={(one) => one.id}
                  columns={[
                    {
                      head: words.name,
                      cell: (one) => (
                        <Link to="/distillations/$distillationId" params={{ distillationId: one.id }}>
                          <Named name={nameOf(askedOf(one))} sub={one.id} />
                        </Link>
                      ),
                    },
                    {
                      head: words.form.teacher,
                      isWideOnly: true,
                      cell: (one) => askedOf(one).teacher ?? Object.keys(one.counts?.teachers ?? {}).join(", "),
                    },
                    {
                      head: words.kept,
                      kind: "number",
                      isWideOnly: true,
                      cell: (one) => (one.counts ? count(one.counts.kept, tag) : "–"),
                    },
                    { head: words.status, kind: "tight", cell: (one) => <Status status={one.status} /> },
                    { head: words.created, kind: "tight", isWideOnly: true, cell: (one) => <Ago at={one.created_at} /> },
                  ]}
                />
                <MorePages query={made} />
              </>
            );
          }}
        </Loaded>
      </Card>
    </Page>
  );
}

function nameOf({ student, suffix }: { student: string; suffix?: string }): string {
  return suffix === undefined ? student : `${suffix} · ${student}`;
}
