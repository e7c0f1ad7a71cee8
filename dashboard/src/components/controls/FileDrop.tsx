/** A drop zone for a file, which also opens the file chooser. */

import { clsx } from "clsx";
import { type DragEvent, type ReactNode, useState } from "react";
import styles from "./FileDrop.module.css";

export function FileDrop({
  label,
  isCompact = false,
  onFile,
  children,
}: {
  label: string;
  isCompact?: boolean;
  onFile: (file: File) => void;
  children: ReactNode;
}) {
  const [isOver, setOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  };
  return (
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
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
          // So that the same file can be chosen again after it was changed.
          event.target.value = "";
        }}
      />
      {children}
    </label>
  );
}
