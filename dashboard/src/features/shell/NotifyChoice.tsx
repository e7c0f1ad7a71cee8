/** The switch for the browser's notifications; the browser is asked only by a click on it. */

import { useSyncExternalStore } from "react";
import { Switch } from "@/components/controls/Field";
import { useMessages } from "@/i18n";
import { notifying } from "@/lib/tab/notifying";
import styles from "./Shell.module.css";

export function NotifyChoice() {
  const words = useMessages().notices;
  const isOn = useSyncExternalStore(notifying.subscribe, notifying.isOn);
  if (!notifying.isPossible()) return null;
  return (
    // A click inside of the phone's menu closes it, but not on this.
    <div onClick={(event) => event.stopPropagation()}>
      <Switch label={words.choice} isOn={isOn} onChange={(next) => (next ? void notifying.turnOn() : notifying.turnOff())} />
      {notifying.isBlocked() && <p className={styles.hint}>{words.blocked}</p>}
    </div>
  );
}
