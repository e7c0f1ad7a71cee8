/** A button that asks for confirmation before an action that cannot be undone. */

import { type ReactNode, useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useMessages } from "@/i18n";
import { Button } from "@/components/controls/Button";
import { Dialog } from "./Dialog";
import layout from "./layout.module.css";
import { Problem } from "./States";

export function Confirm({
  trigger,
  title,
  about,
  action,
  onConfirm,
}: {
  trigger: (open: () => void) => ReactNode;
  title: string;
  about: ReactNode;
  action: string;
  onConfirm: () => Promise<unknown>;
}) {
  const common = useMessages().common;
  const [isOpen, setOpen] = useState(false);
  const confirmed = useMutation({ mutationFn: onConfirm, onSuccess: () => setOpen(false) });
  return (
    <>
      {trigger(() => {
        confirmed.reset();
        setOpen(true);
      })}
      <Dialog isOpen={isOpen} onOpenChange={setOpen} title={title} about={about}>
        <Problem error={confirmed.error} />
        <div className={layout.end}>
          <Button onClick={() => setOpen(false)}>{common.cancel}</Button>
          <Button kind="danger" disabled={confirmed.isPending} onClick={() => confirmed.mutate()}>
            {action}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
