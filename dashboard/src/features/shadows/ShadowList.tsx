/** All names under which two models are compared. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Scale } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/controls/Button";
import { RateBar } from "@/components/display/RateBar";
import { Named, Table } from "@/components/display/Table";
import { Ago } from "@/components/display/Time";
import { Card } from "@/components/layout/Card";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, shortModel } from "@/lib/format";
import { NewShadow } from "./NewShadow";
import { shadowsQuery } from "./queries";

export function ShadowList({ prefill }: { prefill: { name?: string | undefined; old?: string | undefined; new?: string | undefined } }) {
  const { shadows: words, common } = useMessages();
  const tag = useLocaleTag();
  const shadows = useQuery(shadowsQuery);
  const [isCreating, setCreating] = useState(prefill.name !== undefined);
  const create = (
    <Button kind="primary" onClick={() => setCreating(true)}>
      <Plus /> {words.create}
    </Button>
  );
  return (
    <Page title={common.nav.shadows} about={words.about} actions={create}>
      {isCreating && <NewShadow prefill={prefill} onClose={() => setCreating(false)} />}
      <Card isFlush>
        <Loaded query={shadows} lines={4}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty icon={Scale} title={words.none}>
                {words.noneText}
              </Empty>
            ) : (
              <Table
                label={common.nav.shadows}
                rows={data}
                keyOf={(one) => one.id}
                columns={[
                  {
                    head: words.name,
                    cell: (one) => (
                      <Link to="/shadows/$name" params={{ name: one.id }}>
                        <Named name={shortModel(one.id, 60)} sub={words.answeredBy(one.answers === "new" ? one.new : one.old)} />
                      </Link>
                    ),
                  },
                  {
                    head: words.same,
                    cell: (one) => {
                      const whole = one.agreement[0];
                      return <RateBar passed={whole?.same ?? 0} total={whole?.total ?? 0} />;
                    },
                  },
                  { head: words.calls, kind: "number", isWideOnly: true, cell: (one) => count(one.calls, tag) },
                  {
                    head: words.lastCalled,
                    kind: "tight",
                    isWideOnly: true,
                    cell: (one) => (one.last_called_at === null ? "–" : <Ago at={one.last_called_at} />),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}
