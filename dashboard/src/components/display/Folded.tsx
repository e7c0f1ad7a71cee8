/** A text of any length: a long one shows its beginning, and the rest when it is asked for. */

import { useState } from "react";
import { Button } from "@/components/controls/Button";
import { useLocaleTag, useMessages } from "@/i18n";
import { bytes } from "@/lib/format";
import { beginningOf } from "@/lib/folding";

export function Folded({ text }: { text: string }) {
  const common = useMessages().common;
  const tag = useLocaleTag();
  const [isOpen, setOpen] = useState(false);
  const beginning = beginningOf(text);
  if (beginning === null) return text;
  return (
    <>
      {isOpen ? text : `${beginning} …`}{" "}
      <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? common.showLess : common.showAll(bytes(text.length, tag))}
      </Button>
    </>
  );
}
