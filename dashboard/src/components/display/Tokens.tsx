/** One line of a training file as the tokens that a model sees, the learned ones in colour. */

import { clsx } from "clsx";
import type { FilePreview } from "@/api/x";
import { useLocaleTag, useMessages } from "@/i18n";
import { count } from "@/lib/format";
import styles from "./Tokens.module.css";
import layout from "@/components/layout/layout.module.css";

export function Tokens({ preview }: { preview: FilePreview }) {
  const words = useMessages().files.tokens;
  const tag = useLocaleTag();
  const learned = preview.tokens.filter((token) => token.trained).length;
  return (
    <div className={layout.tight}>
      <div className={styles.legend}>
        <span>
          <span className={clsx(styles.token, styles.learned)}>{words.learned}</span> {count(learned, tag)}
        </span>
        <span>
          <span className={styles.token}>{words.context}</span> {count(preview.tokens.length - learned, tag)}
        </span>
      </div>
      <div className={styles.tokens} tabIndex={0} role="group" aria-label={words.label}>
        {preview.row_starts.map((start, row) => (
          <div key={start}>
            {preview.row_starts.length > 1 && (
              <p className={layout.quiet}>
                {preview.is_pair
                  ? [words.preferred, words.nonPreferred][row]
                  : words.row(row + 1, preview.row_starts.length)}
              </p>
            )}
            {preview.tokens.slice(start, preview.row_starts[row + 1]).map((token, at) => (
              <span
                key={at}
                className={clsx(
                  styles.token,
                  token.trained && styles.learned,
                  at >= preview.context_length && styles.cut,
                )}
                title={`${token.id}`}
              >
                {token.text}
              </span>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}
