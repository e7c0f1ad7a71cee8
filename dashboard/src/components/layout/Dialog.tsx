/** A window above the page that holds the focus until it is closed; and a sheet from the side. */

import { clsx } from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import { useMessages } from "@/i18n";
import { IconButton } from "@/components/controls/Button";
import { focusContent } from "@/lib/tab/focus";
import styles from "./Dialog.module.css";

interface Opened {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

// Radix's own overlay writes a style element, which the page's policy does not allow.
export function Backdrop() {
  return <div className={styles.backdrop} />;
}

export function Dialog({
  isOpen,
  onOpenChange,
  title,
  about,
  isWide = false,
  children,
}: Opened & { title: string; about?: ReactNode; isWide?: boolean; children: ReactNode }) {
  const common = useMessages().common;
  const opener = useOpener(isOpen);
  return (
    <Radix.Root open={isOpen} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Backdrop />
        <Radix.Content
          className={clsx(styles.dialog, isWide && styles.wide)}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (opener instanceof HTMLElement) opener.focus();
          }}
          {...(about === undefined && { "aria-describedby": undefined })}
        >
          <div className={styles.head}>
            <div>
              <Radix.Title>{title}</Radix.Title>
              {about && <Radix.Description className={styles.about}>{about}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label={common.close} size="small">
                <X />
              </IconButton>
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What had the focus before: Radix gives it back only to triggers that it knows. */
function useOpener(isOpen: boolean): Element | null {
  const [opener, setOpener] = useState<Element | null>(null);
  if (isOpen && opener === null) setOpener(document.activeElement);
  if (!isOpen && opener !== null) setOpener(null);
  return opener;
}

/** Who chose a page in it reads on there; who did not is back at the button that opened it. */
export function Sheet({ isOpen, onOpenChange, title, children }: Opened & { title: string; children: ReactNode }) {
  const opener = useRef<Element | null>(null);
  const hasLeft = useRef(false);
  return (
    <Radix.Root open={isOpen} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Backdrop />
        <Radix.Content
          className={styles.sheet}
          aria-describedby={undefined}
          onOpenAutoFocus={() => {
            opener.current = document.activeElement;
            hasLeft.current = false;
          }}
          onClickCapture={({ target }) => {
            hasLeft.current = target instanceof Element && target.closest("a") !== null;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (hasLeft.current) focusContent();
            else if (opener.current instanceof HTMLElement) opener.current.focus();
          }}
        >
          <Radix.Title className="visually-hidden">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
