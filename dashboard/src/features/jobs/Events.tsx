/** The events of a job, newest first; the metrics of its steps are in the curves. */

import { clsx } from "clsx";
import { Card } from "@/components/layout/Card";
import { useLocaleTag, useMessages } from "@/i18n";
import { useWorded } from "@/i18n/sentences";
import { clock, dateTime } from "@/lib/format";
import styles from "./Events.module.css";
import type { JobHistory } from "./series/history";

export function Events({ history }: { history: JobHistory }) {
  const words = useMessages().jobs;
  const tag = useLocaleTag();
  const say = useWorded();
  return (
    <Card title={words.events} isFlush>
      <div className={styles.list} tabIndex={0} role="group" aria-label={words.events}>
        <ol>
          {history.events.toReversed().map((event) => (
            <li key={event.id} className={clsx(styles.event, styles[event.level])}>
              <time dateTime={new Date(event.created_at * 1000).toISOString()} title={dateTime(event.created_at, tag)}>
                {clock(event.created_at, tag)}
              </time>
              <span>{say(event.message, event.wording)}</span>
            </li>
          ))}
        </ol>
      </div>
    </Card>
  );
}
