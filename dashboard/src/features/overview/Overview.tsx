/** Jobs by status, active jobs, and the load of the machine and the engine. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MessagesSquare, Plus, SlidersHorizontal } from "lucide-react";
import { overviewQuery } from "@/api/queries";
import type { Overview as OverviewObject } from "@/api/x";
import { LinkButton } from "@/components/controls/Button";
import { Card, Facts, Stats } from "@/components/layout/Card";
import { CodeBlock } from "@/components/display/Code";
import layout from "@/components/layout/layout.module.css";
import { Loaded } from "@/components/layout/Loaded";
import { Page } from "@/components/layout/Page";
import { Progress } from "@/components/display/Progress";
import { Empty, Notice } from "@/components/layout/States";
import { Status } from "@/components/display/Status";
import { Named, Table } from "@/components/display/Table";
import { Ago, useNow } from "@/components/display/Time";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes, compact, count, duration, percent, shortModel } from "@/lib/format";
import { FirstSteps } from "./FirstSteps";

export function Overview() {
  const { overview: words, common } = useMessages();
  const overview = useQuery(overviewQuery);
  return (
    <Page
      title={common.nav.overview}
      about={words.about}
      actions={
        <>
          <LinkButton to="/playground">
            <MessagesSquare /> {common.nav.playground}
          </LinkButton>
          <LinkButton to="/fine-tuning/new" kind="primary">
            <Plus /> {words.newJob}
          </LinkButton>
        </>
      }
    >
      <Loaded query={overview} lines={6}>
        {(data) => (
          <div className={layout.stack}>
            <FirstSteps overview={data} />
            <Numbers overview={data} />
            <ActiveJobs overview={data} />
            {data.aliases.length > 0 && <Aliases overview={data} />}
            <div className={layout.halves}>
              <MachineCard overview={data} />
              <EngineCard overview={data} />
            </div>
            <Card title={words.connect}>
              <div className={layout.tight}>
                <p className={layout.quiet}>{words.connectAbout}</p>
                <CodeBlock code={`export OPENAI_BASE_URL=${window.location.origin}/v1\nexport OPENAI_API_KEY=sk-…`} />
              </div>
            </Card>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Numbers({ overview }: { overview: OverviewObject }) {
  const words = useMessages().overview;
  const tag = useLocaleTag();
  const of = (...statuses: string[]) => count(statuses.reduce((sum, status) => sum + (overview.jobs[status] ?? 0), 0), tag);
  return (
    <Stats
      stats={[
        { label: words.running, value: of("running") },
        { label: words.waiting, value: of("queued", "validating_files", "paused") },
        { label: words.succeeded, value: of("succeeded") },
        { label: words.failed, value: of("failed") },
        { label: words.tunedModels, value: count(overview.tuned_models, tag) },
        { label: words.files, value: count(overview.files, tag) },
      ]}
    />
  );
}

function ActiveJobs({ overview }: { overview: OverviewObject }) {
  const { overview: words, jobs } = useMessages();
  const tag = useLocaleTag();
  const now = useNow(1000);
  return (
    <Card title={words.active} isFlush>
      {overview.active.length === 0 ? (
        <Empty isSmall icon={SlidersHorizontal} title={words.idle}>
          {words.idleText}
        </Empty>
      ) : (
        <Table
          label={words.active}
          rows={overview.active}
          keyOf={(job) => job.id}
          columns={[
            {
              head: jobs.job,
              cell: (job) => (
                <Link to="/fine-tuning/$jobId" params={{ jobId: job.id }}>
                  <Named name={job.suffix ?? job.id} sub={job.model} />
                </Link>
              ),
            },
            { head: jobs.status, kind: "tight", cell: (job) => <Status status={job.status} /> },
            {
              head: jobs.progress,
              cell: (job) =>
                job.step !== null && job.total_steps !== null ? (
                  <Progress label={jobs.progress} value={job.step} max={job.total_steps} />
                ) : (
                  "–"
                ),
            },
            {
              head: jobs.timeLeft,
              kind: "number",
              isWideOnly: true,
              cell: (job) => (job.estimated_finish === null ? "–" : duration(job.estimated_finish - now, tag)),
            },
            { head: jobs.created, kind: "tight", isWideOnly: true, cell: (job) => <Ago at={job.created_at} /> },
          ]}
        />
      )}
    </Card>
  );
}

/** Names that programs ask for: one that nobody calls any more can go. */
function Aliases({ overview }: { overview: OverviewObject }) {
  const words = useMessages().overview;
  const tag = useLocaleTag();
  return (
    <Card title={words.aliases} isFlush>
      <Table
        label={words.aliases}
        rows={overview.aliases}
        keyOf={(alias) => alias.id}
        columns={[
          {
            head: words.alias,
            cell: (alias) => {
              const named = <Named name={shortModel(alias.id, 60)} sub={words.answeredBy(shortModel(alias.model, 60))} />;
              if (!alias.is_shadowed) return named;
              return (
                <Link to="/shadows/$name" params={{ name: alias.id }}>
                  {named}
                </Link>
              );
            },
          },
          { head: words.calls, kind: "number", cell: (alias) => count(alias.calls, tag) },
          {
            head: words.lastCalled,
            kind: "tight",
            cell: (alias) => (alias.last_called_at === null ? "–" : <Ago at={alias.last_called_at} />),
          },
        ]}
      />
    </Card>
  );
}

function MachineCard({ overview }: { overview: OverviewObject }) {
  const words = useMessages().overview;
  const tag = useLocaleTag();
  const { machine } = overview;
  const diskUsed = machine.disk_bytes - machine.disk_free_bytes;
  return (
    <Card title={words.machine}>
      <div className={layout.stack}>
        <Gauge
          label={words.processor(count(machine.cores, tag))}
          text={percent(machine.cpu_percent / 100, tag)}
          value={machine.cpu_percent}
          max={100}
        />
        <Gauge
          label={words.memory}
          text={words.usedOf(bytes(machine.memory_used_bytes, tag), bytes(machine.memory_bytes, tag))}
          value={machine.memory_used_bytes}
          max={machine.memory_bytes}
        />
        <Gauge
          label={words.disk}
          text={words.usedOf(bytes(diskUsed, tag), bytes(machine.disk_bytes, tag))}
          value={diskUsed}
          max={machine.disk_bytes}
        />
      </div>
    </Card>
  );
}

function Gauge({ label, text, value, max }: { label: string; text: string; value: number; max: number }) {
  return (
    <div className={layout.tight}>
      <div className={layout.between}>
        <span>{label}</span>
        <span className={layout.quiet}>{text}</span>
      </div>
      <Progress label={label} value={Math.round(value)} max={max} />
    </div>
  );
}

function EngineCard({ overview }: { overview: OverviewObject }) {
  const { overview: words, common } = useMessages();
  const tag = useLocaleTag();
  const { engine } = overview;
  return (
    <Card title={words.engine}>
      {engine === null ? (
        <Notice kind="warning">{words.engineDown}</Notice>
      ) : (
        <Facts
          facts={[
            [words.bases, engine.fits.map((fit) => words.served(fit.model, fit.is_batched)).join(", ") || common.none],
            [words.adapters, count(engine.adapters, tag)],
            [words.requests, words.runningWaiting(count(engine.running, tag), count(engine.waiting, tag))],
            [words.generated, compact(engine.generated_tokens, tag)],
            [words.version, overview.version],
            [words.project, `${overview.project} · ${overview.organization}`],
          ]}
        />
      )}
    </Card>
  );
}
