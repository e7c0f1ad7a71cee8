/** The project that is shown, a switch to the others whose keys this tab has, and the window that adds one. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { type SubmitEvent, useState } from "react";
import { clientFor, isUnauthorized } from "@/api/client";
import { useErrorText } from "@/api/errorText";
import { projectQuery } from "@/api/queries";
import type { Overview } from "@/api/x";
import { Button, IconButton } from "@/components/controls/Button";
import { Select, TextField } from "@/components/controls/Field";
import { Dialog } from "@/components/layout/Dialog";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import { type OpenedProject, session } from "@/lib/tab/session";
import styles from "./Shell.module.css";

export function ProjectChoice() {
  const { projects: words, common } = useMessages();
  const [isAdding, setAdding] = useState(false);
  const navigate = useNavigate();
  const project = useQuery(projectQuery).data;
  const current = session.key();
  if (project === undefined || current === null) return null;
  const here: OpenedProject = { key: current, project };
  const known = session.projects().length > 0 ? session.projects() : [here];
  const go = async (opened: OpenedProject) => {
    // The page is left first: what it keeps belongs to the project that it shows.
    await navigate({ to: "/" });
    session.add(opened, here);
  };
  return (
    // A click inside of the phone's menu closes it, but not on this.
    <div className={styles.projects} onClick={(event) => event.stopPropagation()}>
      <Select
        label={words.project}
        value={current}
        onChange={(event) => {
          const chosen = known.find(({ key }) => key === event.target.value);
          if (chosen !== undefined) void go(chosen);
        }}
      >
        {known.map((one) => (
          <option key={one.key} value={one.key}>
            {common.labelled(words.project, one.project)}
          </option>
        ))}
      </Select>
      <IconButton label={words.add} onClick={() => setAdding(true)}>
        <Plus />
      </IconButton>
      {isAdding && <AddProject onClose={() => setAdding(false)} onOpen={(opened) => void go(opened)} />}
    </div>
  );
}

function AddProject({ onClose, onOpen }: { onClose: () => void; onOpen: (opened: OpenedProject) => void }) {
  const { projects: words, signIn } = useMessages();
  const textOf = useErrorText();
  const [key, setKey] = useState("");
  const trial = useMutation({
    // Not a query of this tab's key: that it is refused ends nothing.
    mutationFn: async (candidate: string): Promise<OpenedProject | null> => {
      try {
        const { project } = await clientFor(candidate).get<Overview>("/x/overview");
        return { key: candidate, project };
      } catch (error) {
        if (isUnauthorized(error)) return null;
        throw error;
      }
    },
    onSuccess: (opened) => {
      if (opened !== null) onOpen(opened);
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (key.trim() !== "") trial.mutate(key.trim());
  };
  const problem = trial.data === null ? signIn.wrongKey : trial.error ? textOf(trial.error) : null;
  return (
    <Dialog isOpen onOpenChange={onClose} title={words.add} about={words.addAbout}>
      <form onSubmit={onSubmit} className={layout.stack}>
        <TextField
          label={signIn.key}
          error={problem}
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="sk-…"
          isCode
          autoFocus
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <div className={layout.end}>
          <Button type="submit" kind="primary" disabled={trial.isPending || key.trim() === ""}>
            {trial.isPending ? signIn.submitting : words.open}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
