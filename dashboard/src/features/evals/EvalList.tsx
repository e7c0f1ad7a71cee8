/** All evals. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FlaskConical, Plus } from "lucide-react";
import { LinkButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded, MorePages } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty } from "@/components/layout/States";
import { Tag } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { useMessages } from "@/i18n";
import { ImportedTag } from "./Origin";
import { evalsQuery } from "./queries";

export function EvalList() {
  const { evals: words, common } = useMessages();
  const evals = useInfiniteQuery(evalsQuery);
  const create = (
    <LinkButton to="/evals/new" kind="primary">
      <Plus /> {words.create}
    </LinkButton>
  );
  return (
    <Page title={common.nav.evals} about={words.about} actions={create}>
      <Card isFlush>
        <Loaded query={evals} lines={6}>
          {(pages) => {
            const rows = pages.pages.flatMap((page) => page.data);
            if (rows.length === 0) {
              return (
                <Empty icon={FlaskConical} title={words.none} actions={create}>
                  {words.noneText}
                </Empty>
              );
            }
            return (
              <>
                <Table
                  label={common.nav.evals}
                  rows={rows}
                  keyOf={(one) => one.id}
                  columns={[
                    {
                      head: words.name,
                      cell: (one) => (
                        <Link to="/evals/$evalId" params={{ evalId: one.id }}>
                          <Named
                            name={
                              <>
                                {one.name || one.id} <ImportedTag value={one} />
                              </>
                            }
                            sub={one.id}
                          />
                        </Link>
                      ),
                    },
                    {
                      head: words.criteria,
                      isWideOnly: true,
                      cell: (one) => (
                        <span className={layout.row}>
                          {one.testing_criteria.map((criterion, at) => (
                            <Tag key={at}>{criterion.name}</Tag>
                          ))}
                        </span>
                      ),
                    },
                    { head: words.created, kind: "tight", isWideOnly: true, cell: (one) => <Ago at={one.created_at} /> },
                  ]}
                />
                <MorePages query={evals} />
              </>
            );
          }}
        </Loaded>
      </Card>
    </Page>
  );
}
