/** Says once, whichever page and tab is open, that something has ended for which somebody waited. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Button, IconButton } from "@/components/controls/Button";
import { Status } from "@/components/display/Status";
import { useMessages } from "@/i18n";
import { focusContent } from "@/lib/tab/focus";
import { notifying } from "@/lib/tab/notifying";
import { claim, evalOn, readWatched, subscribeWatched, unwatch, watch, type Watched, watchedOn, watchedText } from "@/lib/tab/watching";
import { pageOf, type State, stateQuery, unendedRunsQuery } from "./endings";
import styles from "./Notices.module.css";

interface Ending {
  one: Watched;
  state: State;
}

export default function Notices() {
  const { notices: words, common } = useMessages();
  const navigate = useNavigate();
  const [shown, setShown] = useState<readonly Ending[]>([]);
  const close = (id: string) => setShown((before) => before.filter(({ one }) => one.id !== id));
  const open = ({ one }: Ending) => {
    close(one.id);
    void navigate(pageOf(one));
    focusContent();
  };
  const sentence = ({ one, state }: Ending) => {
    const statuses: Record<string, string> = common.statuses;
    return words.ended(words.kinds[one.kind], state.name, statuses[state.status] ?? state.status);
  };
  useEndings((ending) => {
    if (!notifying.isOn()) {
      setShown((before) => [...before, ending]);
      return;
    }
    const { one } = ending;
    const notification = new Notification(sentence(ending), { tag: one.id, icon: "/icon.svg" });
    notification.onclick = () => {
      window.focus();
      notification.close();
      open(ending);
    };
  });
  return (
    <div className={styles.notices} role="status" aria-label={words.label}>
      {shown.map((ending) => (
        <div key={ending.one.id} className={styles.notice}>
          <div className={styles.text}>
            <span>{words.named(words.kinds[ending.one.kind], ending.state.name)}</span>
            <Status status={ending.state.status} />
          </div>
          <Button size="small" onClick={() => open(ending)}>
            {common.open}
          </Button>
          <IconButton size="small" label={common.close} onClick={() => close(ending.one.id)}>
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}

/** Calls back once, in one tab of all, for everything that ends after it was seen to be unended. */
function useEndings(onEnding: (ending: Ending) => void): void {
  const watched = useWatched();
  const states = useQueries({ queries: watched.map(stateQuery) });
  const isVisible = useIsVisible();
  const unended = useRef(new Set<string>());
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(() => {
    watched.forEach((one, at) => {
      const state = states[at]?.data;
      if (state === undefined) return;
      if (!state.hasEnded) {
        unended.current.add(one.id);
        return;
      }
      const isNews = unended.current.has(one.id) && state.status !== "";
      const isInSight = isVisible && watchedOn(pathname)?.id === one.id;
      // Nobody sees a toast of a tab in the background; a browser's notification is seen everywhere.
      if (isNews && !isVisible && !notifying.isOn()) return;
      unended.current.delete(one.id);
      unwatch(one.id);
      if (isNews && claim(one.id, Date.now()) && !isInSight) onEnding({ one, state });
    });
  });
}

function useWatched(): readonly Watched[] {
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const runs = useQuery(unendedRunsQuery(evalOn(pathname))).data;
  const text = useSyncExternalStore(subscribeWatched, watchedText);
  useEffect(() => {
    const here = watchedOn(pathname);
    if (here !== null) watch(here);
  }, [pathname]);
  useEffect(() => {
    runs?.forEach(watch);
  }, [runs]);
  return readWatched(text);
}

function useIsVisible(): boolean {
  return useSyncExternalStore(
    (notify) => {
      document.addEventListener("visibilitychange", notify);
      return () => document.removeEventListener("visibilitychange", notify);
    },
    () => document.visibilityState === "visible",
  );
}
