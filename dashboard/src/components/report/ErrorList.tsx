/** What is wrong with a file, line by line. */

import { useState } from "react";
import type { FileError } from "@/api/x";
import { Button } from "@/components/controls/Button";
import { useMessages } from "@/i18n";
import { useWorded } from "@/i18n/sentences";
import { isWording, wordingIn, type Wording } from "@/i18n/worded";
import styles from "./ErrorList.module.css";

const PAGE = 50;

export function ErrorList({ title, errors }: { title: string; errors: readonly Pick<FileError, "line" | "message" | "field">[] }) {
  const { files, common } = useMessages();
  const [shown, setShown] = useState(PAGE);
  const say = useWorded();
  return (
    <section className={styles.box} aria-label={title}>
      <h3 className={styles.title}>{title}</h3>
      <div className={styles.list} tabIndex={0} role="group" aria-label={title}>
        {errors.slice(0, shown).map((error, at) => (
          <div key={at} className={styles.row}>
            <span className={styles.line}>{files.report.line(error.line)}</span>
            <span className={styles.message}>{say(withoutPreface(error.message), withoutLine(wordingIn(error)))}</span>
            {error.field !== "" && <span className={styles.field}>{error.field}</span>}
          </div>
        ))}
        {errors.length > shown && (
          <Button size="small" kind="quiet" onClick={() => setShown(shown + PAGE)}>
            {common.loadMore}
          </Button>
        )}
      </div>
    </section>
  );
}

/** The server's texts begin with the same words and the line, which stand beside them here. */
function withoutPreface(message: string): string {
  const rest = message.replace(/^Invalid file format\. (Example \d+[,:]? ?)?/, "");
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** The same of a sentence: what is wrong, without the words for where. */
function withoutLine(wording: Wording | null): Wording | null {
  const what = wording?.code === "file.problem" ? wording.values.what : wording;
  return isWording(what) ? what : null;
}
