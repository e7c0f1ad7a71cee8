/** A second tab of the same browser is signed in by a first one, and signed out with it. */

import { session } from "@/lib/tab/session";

const CHANNEL = "understudy";

interface Message {
  kind: "ask" | "key" | "left";
  key?: string;
}

/** Browsers deliver these messages only to pages of this very server. */
export function shareSession(): void {
  const channel = new BroadcastChannel(CHANNEL);
  const send = (message: Message) => channel.postMessage(message);
  let before = session.key();
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    const key = session.key();
    if (data.kind === "ask" && key !== null) send({ kind: "key", key });
    if (data.kind === "key" && key === null && isAsking && data.key !== undefined) session.open(data.key);
    if (data.kind === "left" && key !== null && data.key === key) {
      before = null;
      session.close();
    }
  };
  // Only a tab that has just been opened asks: who has signed out stays out.
  let isAsking = before === null;
  if (isAsking) send({ kind: "ask" });
  session.subscribe(() => {
    isAsking = false;
    const key = session.key();
    if (before !== null && key === null) send({ kind: "left", key: before });
    before = key;
  });
}
