/** A drop zone for files, which also opens the file chooser; what is not taken is named. */

import { clsx } from "clsx";
import { type DragEvent, type ReactNode, useState } from "react";
import { Notice } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import styles from "./FileDrop.module.css";

interface Common {
  label: string;
  isCompact?: boolean;
  children: ReactNode;
}

/** Takes one file, or with `onFiles` as many as are dropped. */
export function FileDrop({
  label,
  isCompact = false,
  children,
  ...taking
}: Common & ({ onFile: (file: File) => void } | { onFiles: (files: readonly File[]) => void })) {
  const words = useMessages().files;
  const [isOver, setOver] = useState(false);
  const [refused, setRefused] = useState<readonly string[]>([]);
  const isMany = "onFiles" in taking;
  const take = (list: FileList | null) => {
    const files = [...(list ?? [])];
    const [first, ...others] = files;
    if (first === undefined) return;
    setRefused(isMany ? [] : others.map((file) => file.name));
    if (isMany) taking.onFiles(files);
    else taking.onFile(first);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return (
    <>
      <label
        className={clsx(styles.drop, isCompact && styles.compact)}
        data-over={isOver}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={onDrop}
      >
        <input
          type="file"
          className="visually-hidden"
          aria-label={label}
          multiple={isMany}
          onChange={(event) => {
            take(event.target.files);
            // So that the same file can be chosen again after it was changed.
            event.target.value = "";
          }}
        />
        {children}
      </label>
      {refused.length > 0 && <Notice kind="warning">{words.notTaken(refused)}</Notice>}
    </>
  );
}
