/** The way out of OpenAI by date: what is left of the days, and how far this server is at each step. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { DoorOpen } from "lucide-react";
import { type Leaving, type OldModel, x } from "@/api/x";
import { LinkButton } from "@/components/controls/Button";
import { CodeBlock } from "@/components/display/Code";
import { Mark, Status } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago, useNow } from "@/components/display/Time";
import { Card, Facts, Stats } from "@/components/layout/Card";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Empty } from "@/components/layout/States";
import { useLocaleTag, useMessages } from "@/i18n";
import { count, date, shortModel } from "@/lib/format";
import { daysUntil, QUIET_DAYS, quietDays } from "./days";

const LIVE_MS = 5000;
const KINDS = ["files", "jobs", "models", "completions", "batches"] as const;

const leavingQuery = queryOptions({
  queryKey: ["leaving"],
  queryFn: ({ signal }) => x.leaving(signal),
  refetchInterval: LIVE_MS,
});

export function LeavingPage() {
  const { leaving: words, common } = useMessages();
  return (
    <Page title={common.nav.leaving} about={words.about}>
      <Loaded query={useQuery(leavingQuery)} lines={6}>
        {(state) => (
          <div className={layout.stack}>
            <Dates state={state} />
            <Imported state={state} />
            <Card title={words.models} isFlush>
              <Models models={state.models} />
            </Card>
            <Steps />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Dates({ state }: { state: Leaving }) {
  const words = useMessages().leaving;
  const tag = useLocaleTag();
  const now = useNow(60_000);
  const stat = (label: string, day: string) => {
    const left = daysUntil(day, now);
    return {
      label,
      value: left >= 0 ? words.days(left, count(left, tag)) : words.over,
      note: date(Date.parse(day) / 1000, tag),
    };
  };
  return <Stats stats={[stat(words.lastJob, state.last_job), stat(words.modelsStop, state.models_stop)]} />;
}

function Imported({ state }: { state: Leaving }) {
  const words = useMessages().leaving;
  const tag = useLocaleTag();
  return (
    <Card title={words.imported}>
      <div className={layout.stack}>
        {state.last_imported_at === null ? (
          <p className={layout.quiet}>{words.notImported}</p>
        ) : (
          <Facts
            facts={[
              ...KINDS.map((kind) => [words.kinds[kind], count(state.imported[kind] ?? 0, tag)] as const),
              [words.lastImport, <Ago key="last" at={state.last_imported_at} />],
            ]}
          />
        )}
        <CodeBlock code={"export OPENAI_ACCOUNT_KEY=sk-…\nunderstudy import openai"} />
      </div>
    </Card>
  );
}

function Models({ models }: { models: readonly OldModel[] }) {
  const words = useMessages().leaving;
  if (models.length === 0) {
    return (
      <Empty isSmall icon={DoorOpen} title={words.noModels}>
        {words.noModelsText}
      </Empty>
    );
  }
  return (
    <Table
      label={words.models}
      rows={models}
      keyOf={(one) => one.id}
      columns={[
        { head: words.model, cell: (one) => <Named name={shortModel(one.id, 44)} sub={<Stops model={one} />} /> },
        {
          head: words.asked,
          kind: "tight",
          isWideOnly: true,
          cell: (one) => (one.remote === null ? <Mark kind="waiting">{words.noRemote}</Mark> : <Mark kind="good">{one.remote}</Mark>),
        },
        { head: words.clone, isWideOnly: true, cell: (one) => <Clone model={one} /> },
        { head: words.name, cell: (one) => <OldName model={one} /> },
        { head: words.next, kind: "tight", cell: (one) => <Next model={one} /> },
      ]}
    />
  );
}

function Stops({ model }: { model: OldModel }) {
  const words = useMessages().leaving;
  const tag = useLocaleTag();
  const now = useNow(60_000);
  if (model.shutdown_date === null) return words.stopUnknown;
  const at = date(Date.parse(model.shutdown_date) / 1000, tag);
  return daysUntil(model.shutdown_date, now) > 0 ? words.stops(at) : words.stopped(at);
}

function Clone({ model }: { model: OldModel }) {
  const { leaving: words, distillations } = useMessages();
  const verdicts: Record<string, string> = distillations.result.verdicts;
  const { clone } = model;
  if (clone === null) return <Mark kind="waiting">{words.noClone}</Mark>;
  return (
    <Link to="/distillations/$distillationId" params={{ distillationId: clone.distillation_id }}>
      <Named
        name={<Status status={clone.status} />}
        sub={clone.verdict === null ? (clone.model ?? undefined) : (verdicts[clone.verdict] ?? clone.verdict)}
      />
    </Link>
  );
}

function OldName({ model }: { model: OldModel }) {
  const words = useMessages().leaving;
  const tag = useLocaleTag();
  const now = useNow(60_000);
  const { alias } = model;
  if (alias === null) return <Mark kind="waiting">{words.noName}</Mark>;
  const called =
    alias.last_called_at === null ? (
      words.neverCalled
    ) : (
      <>
        {words.called(count(alias.calls, tag))} <Ago at={alias.last_called_at} />
        {quietDays(alias.last_called_at, now) >= QUIET_DAYS && ` · ${words.quiet}`}
      </>
    );
  return <Named name={shortModel(alias.model, 40)} sub={called} />;
}

function Next({ model }: { model: OldModel }) {
  const words = useMessages().leaving;
  const { alias, clone, remote } = model;
  if (alias?.is_shadowed === true) {
    return (
      <LinkButton size="small" to="/shadows/$name" params={{ name: model.id }}>
        {words.toShadow}
      </LinkButton>
    );
  }
  if (clone?.model && remote !== null) {
    return (
      <LinkButton size="small" to="/shadows" search={{ name: model.id, old: remote, new: clone.model }}>
        {words.beginShadow}
      </LinkButton>
    );
  }
  return <span className={layout.faint}>{words.seeBelow}</span>;
}

/** The commands of the steps, in their order. */
function Steps() {
  const words = useMessages().leaving.steps;
  const name = "ft:gpt-4o-mini-2024-07-18:acme:triage:abc123";
  const steps = [
    {
      title: words.remote,
      text: words.remoteText,
      code: `[remote_models."old-triage"]\nbase_url = "https://api.openai.com/v1"\napi_key_env = "OPENAI_ACCOUNT_KEY"\nmodel = "${name}"`,
    },
    { title: words.clone, text: words.cloneText, code: `understudy clone ${name} --base smollm2-135m` },
    {
      title: words.shadow,
      text: words.shadowText,
      code: `understudy models shadow ${name} --old old-triage --new ft:smollm2-135m:personal:triage:x1y2z3`,
    },
    {
      title: words.cutOver,
      text: words.cutOverText,
      code: `understudy models cutover ${name}\nunderstudy models cutover ${name} --back`,
    },
  ];
  return (
    <Card title={words.title}>
      <div className={layout.stack}>
        {steps.map(({ title, text, code }) => (
          <div key={title} className={layout.tight}>
            <strong>{title}</strong>
            <p className={layout.quiet}>{text}</p>
            <CodeBlock code={code} />
          </div>
        ))}
      </div>
    </Card>
  );
}
