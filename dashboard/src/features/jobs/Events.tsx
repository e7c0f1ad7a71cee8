/** What a job said about itself, the newest first; the numbers of its steps are in the curves. */

import { clsx } from "clsx";
import { Card } from "@/components/layout/Card";
import { useLocaleTag, useMessages } from "@/i18n";
import { clock, moment } from "@/lib/format";
import styles from "./Events.module.css";
import type { JobStory } from "./story";

export function Events({ story }: { story: JobStory }) {
  const words = useMessages().jobs;
  const tag = useLocaleTag();
  return (
    <Card title={words.events} isFlush>
      <div className={styles.list} tabIndex={0} role="group" aria-label={words.events}>
        <ol>
          {story.events.toReversed().map((event) => (
            <li key={event.id} className={clsx(styles.event, styles[event.level])}>
              <time dateTime={new Date(event.created_at * 1000).toISOString()} title={moment(event.created_at, tag)}>
                {clock(event.created_at, tag)}
              </time>
              <span>{event.message}</span>
            </li>
          ))}
        </ol>
      </div>
    </Card>
  );
}
