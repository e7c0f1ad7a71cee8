/** Code and ids, with a button that copies them. */

import { clsx } from "clsx";
import { Check, Copy, Link2 } from "lucide-react";
import { useState } from "react";
import { useMessages } from "@/i18n";
import { Button, IconButton } from "@/components/controls/Button";
import styles from "./Code.module.css";
import layout from "@/components/layout/layout.module.css";
import { Segments } from "@/components/controls/Tabs";

const SHOWN_MS = 1500;

function useCopy(text: string): [boolean, () => void] {
  const [isCopied, setCopied] = useState(false);
  return [
    isCopied,
    () => {
      void navigator.clipboard.writeText(text).then(() => {
        setCopied(true);
        setTimeout(() => setCopied(false), SHOWN_MS);
      });
    },
  ];
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const common = useMessages().common;
  const [isCopied, copy] = useCopy(text);
  const icon = isCopied ? <Check /> : <Copy />;
  if (label === undefined) {
    return (
      <IconButton size="small" label={isCopied ? common.copied : common.copy} onClick={copy}>
        {icon}
      </IconButton>
    );
  }
  return (
    <Button onClick={copy}>
      {icon} {isCopied ? common.copied : label}
    </Button>
  );
}

/** The address holds the view but no key; who opens it signs in with one of the same project. */
export function CopyLink() {
  const common = useMessages().common;
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(window.location.href).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), SHOWN_MS);
    });
  };
  return (
    <IconButton label={isCopied ? common.copied : common.copyLink} onClick={copy}>
      {isCopied ? <Check /> : <Link2 />}
    </IconButton>
  );
}

export function CodeBlock({ code, isWrapped = false }: { code: string; isWrapped?: boolean }) {
  return (
    <div className={styles.block}>
      {/* It scrolls, so the keyboard must reach it. */}
      <pre className={clsx(styles.code, isWrapped && styles.wrapped)} tabIndex={0}>
        <code>{code}</code>
      </pre>
      <div className={styles.copy}>
        <CopyButton text={code} />
      </div>
    </div>
  );
}

export function Id({ text }: { text: string }) {
  return (
    <span className={styles.id}>
      <span>{text}</span>
      <CopyButton text={text} />
    </span>
  );
}

export type Languages = Record<"python" | "node" | "curl", string>;

const NAMES = { python: "Python", node: "Node", curl: "curl" } as const;

/** The same thing said in three languages. */
export function CodeInLanguages({ label, code }: { label: string; code: Languages }) {
  const [language, setLanguage] = useState<keyof Languages>("python");
  const options = (["python", "node", "curl"] as const).map((name) => ({ name, label: NAMES[name] }));
  return (
    <div className={layout.tight}>
      <div>
        <Segments label={label} options={options} current={language} onChange={setLanguage} />
      </div>
      <CodeBlock code={code[language]} />
    </div>
  );
}
