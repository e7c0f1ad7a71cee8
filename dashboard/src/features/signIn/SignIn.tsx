/** The sign-in page: the key is checked before it is stored. */

import { useErrorText } from "@/api/errorText";
import { useMutation } from "@tanstack/react-query";
import { type SubmitEvent, type ReactNode, useEffect, useState } from "react";
import { clientFor, isUnauthorized } from "@/api/client";
import { Button } from "@/components/controls/Button";
import { TextField } from "@/components/controls/Field";
import { useMessages } from "@/i18n";
import { session } from "@/lib/tab/session";
import styles from "./SignIn.module.css";

export function SignIn({ choices }: { choices: ReactNode }) {
  const words = useMessages().signIn;
  const [key, setKey] = useState("");
  const textOf = useErrorText();
  const trial = useMutation({
    mutationFn: async (candidate: string) => {
      await clientFor(candidate).models.list();
      session.open(candidate);
    },
  });
  useEffect(() => {
    document.title = `${words.title} · Understudy`;
  }, [words]);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const candidate = key.trim();
    if (candidate !== "") trial.mutate(candidate);
  };
  const problem = trial.error && (isUnauthorized(trial.error) ? words.wrongKey : textOf(trial.error));
  return (
    <div className={styles.page}>
      <main className={styles.box}>
        <img src="/icon.svg" alt="" className={styles.mark} />
        <div>
          <h1>{words.title}</h1>
          <p className={styles.about}>{words.about}</p>
        </div>
        <form className={styles.form} onSubmit={onSubmit}>
          <TextField
            label={words.key}
            hint={words.keyHint}
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
          <Button type="submit" kind="primary" disabled={trial.isPending || key.trim() === ""}>
            {trial.isPending ? words.submitting : words.submit}
          </Button>
        </form>
        <p className={styles.help}>
          {words.help} <code>understudy keys create</code>
        </p>
      </main>
      <footer className={styles.foot}>{choices}</footer>
    </div>
  );
}
