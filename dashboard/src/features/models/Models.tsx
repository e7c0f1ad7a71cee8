/** Every model that the server serves: what is kept of each, and the room that all take. */

import { useQuery } from "@tanstack/react-query";
import { Boxes, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/controls/Button";
import { SearchInput } from "@/components/controls/Field";
import { Disk } from "@/components/display/Disk";
import { Card } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { AddBase } from "./AddBase";
import { Additions } from "./Additions";
import { DeleteModels } from "./DeleteModels";
import { keptGroups } from "./kept";
import { ModelTable } from "./ModelTable";
import { Patterns } from "./Patterns";
import { basesQuery, keptQuery } from "./queries";

const NONE: ReadonlySet<string> = new Set();

export function Models({
  filter,
  onFilter,
  isAdding,
  onAdding,
}: {
  filter: string;
  onFilter: (filter?: string) => void;
  isAdding: boolean;
  onAdding: (isAdding: boolean) => void;
}) {
  const { models: words, bases: baseWords, common } = useMessages();
  const models = useQuery(keptQuery);
  const bases = useQuery(basesQuery).data;
  const [chosen, setChosen] = useState(NONE);
  const choose = (id: string) =>
    setChosen((before) => (before.has(id) ? new Set([...before].filter((one) => one !== id)) : new Set([...before, id])));
  return (
    <Page
      title={common.nav.models}
      about={words.about}
      actions={
        <>
          {chosen.size > 0 && <DeleteModels all={models.data ?? []} chosen={chosen} onDone={() => setChosen(NONE)} />}
          {bases?.may_change && (
            <Button kind="primary" onClick={() => onAdding(true)}>
              <Plus /> {baseWords.add}
            </Button>
          )}
        </>
      }
    >
      {bases && !bases.may_change && (
        <p className={layout.quiet}>
          {baseWords.onlyHere} <code>understudy models add Qwen/Qwen3-0.6B</code>
        </p>
      )}
      {isAdding && bases?.may_change && <AddBase onClose={() => onAdding(false)} />}
      <div className={layout.filters}>
        <SearchInput
          label={common.modelPicker.filter}
          value={filter}
          onChange={(event) => onFilter(event.target.value || undefined)}
        />
      </div>
      <div className={layout.stack}>
        <Additions additions={bases?.additions ?? []} />
        <Loaded query={models} lines={6}>
          {(all) => {
            const groups = keptGroups(all, filter);
            if (groups.length === 0) return <Empty icon={Boxes} title={common.modelPicker.nothing} />;
            return (
              <>
                {groups.map((group) => (
                  <Card key={group.kind} isFlush title={words.groups[group.kind]}>
                    <ModelTable
                      group={group}
                      all={all}
                      bases={bases?.may_change ? bases.data : []}
                      chosen={chosen}
                      onChoose={choose}
                    />
                  </Card>
                ))}
              </>
            );
          }}
        </Loaded>
        <Patterns />
        <Disk />
      </div>
    </Page>
  );
}
