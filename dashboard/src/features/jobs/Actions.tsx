/** The actions that a job's status allows. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Ban, MoreHorizontal, Pause, Play, RotateCcw } from "lucide-react";
import type { FineTuningJob } from "openai/resources/fine-tuning/jobs";
import { Button, IconButton, LinkButton } from "@/components/controls/Button";
import { Confirm } from "@/components/layout/Confirm";
import { Menu } from "@/components/controls/Menu";
import { Problem } from "@/components/layout/States";
import { checkQuery } from "@/components/safety/queries";
import { useMessages } from "@/i18n";
import { hasEnded, isLive } from "@/lib/jobs";
import { useCommand } from "./series/queries";

export function Actions({ job }: { job: FineTuningJob }) {
  const { jobs: words, common, evals } = useMessages();
  const navigate = useNavigate();
  const command = useCommand(job.id);
  const isPaused = (job.status as string) === "paused";
  const tuned = job.fine_tuned_model;
  const isGone = useQuery({ ...checkQuery(tuned ?? ""), enabled: tuned !== null }).data === null;
  const model = isGone ? null : tuned;
  const retry = () => void navigate({ to: "/fine-tuning/new", search: { from: job.id } });
  return (
    <>
      {isLive(job.status) && (
        <Button disabled={command.isPending} onClick={() => command.mutate("pause")}>
          <Pause /> {words.pause}
        </Button>
      )}
      {isPaused && (
        <Button disabled={command.isPending} onClick={() => command.mutate("resume")}>
          <Play /> {words.resume}
        </Button>
      )}
      {!hasEnded(job.status) && (
        <Confirm
          title={words.cancelTitle}
          about={words.cancelText}
          action={words.cancel}
          onConfirm={() => command.mutateAsync("cancel")}
          trigger={(open) => (
            <Button kind="danger" onClick={open}>
              <Ban /> {words.cancel}
            </Button>
          )}
        />
      )}
      {model !== null && (
        <LinkButton kind="primary" to="/playground" search={{ models: [job.model, model], job: job.id }}>
          <Play /> {words.compareInPlayground}
        </LinkButton>
      )}
      <Menu
        items={[
          { label: words.retry, icon: <RotateCcw size={15} />, onSelect: retry },
          ...(model === null
            ? []
            : [{ label: words.continueFrom, onSelect: () => void navigate({ to: "/fine-tuning/new", search: { model } }) }]),
          ...(model === null ? [] : [{ label: evals.createEval, onSelect: () => void navigate({ to: "/evals/new", search: { job: job.id } }) }]),
          { label: words.copyId, onSelect: () => void navigator.clipboard.writeText(tuned ?? job.id) },
        ]}
      >
        <IconButton label={common.more} kind="plain">
          <MoreHorizontal />
        </IconButton>
      </Menu>
      <Problem error={command.error} />
    </>
  );
}
