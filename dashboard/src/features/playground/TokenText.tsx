/** An answer token by token: how sure the model was, and what it might have said instead. */

import type { ChatCompletionTokenLogprob } from "openai/resources/chat/completions";
import { type CSSProperties, type KeyboardEvent, useState } from "react";
import { useLocaleTag, useMessages } from "@/i18n";
import { percent } from "@/lib/format";
import styles from "./Playground.module.css";

export function TokenText({ tokens }: { tokens: readonly ChatCompletionTokenLogprob[] }) {
  const words = useMessages().playground;
  const [active, setActive] = useState<number | null>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    setActive((at) => Math.min(tokens.length - 1, Math.max(0, (at ?? -1) + move)));
  };
  return (
    <div
      className={styles.tokens}
      tabIndex={0}
      role="group"
      aria-label={words.tokensLabel}
      onKeyDown={onKeyDown}
      onPointerLeave={() => setActive(null)}
      onBlur={() => setActive(null)}
    >
      {tokens.map((token, at) => (
        <span
          key={at}
          className={styles.token}
          style={{ "--doubt": 1 - Math.exp(token.logprob) } as CSSProperties}
          data-active={at === active}
          onPointerEnter={() => setActive(at)}
        >
          {token.token}
          {at === active && <Odds token={token} />}
        </span>
      ))}
    </div>
  );
}

function Odds({ token }: { token: ChatCompletionTokenLogprob }) {
  const tag = useLocaleTag();
  const isListed = token.top_logprobs.some((one) => one.token === token.token);
  const odds = isListed ? token.top_logprobs : [token, ...token.top_logprobs];
  return (
    <span className={styles.odds}>
      {odds.map((one, at) => (
        <div key={at}>
          {one.token === token.token ? <code>{shown(one.token)}</code> : <span>{shown(one.token)}</span>}
          <span>{percent(Math.exp(one.logprob), tag, 1)}</span>
        </div>
      ))}
    </span>
  );
}

/** Spaces and line ends made visible. */
function shown(token: string): string {
  return token.replaceAll(" ", "␣").replaceAll("\n", "↵") || "∅";
}
