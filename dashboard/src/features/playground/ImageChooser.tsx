/** The images of the next message: chosen, dropped or pasted, and looked at before they are sent. */

import { clsx } from "clsx";
import { ImagePlus, X } from "lucide-react";
import { type DragEvent, type ReactNode, useState } from "react";
import { Button, IconButton } from "@/components/controls/Button";
import { Picture } from "@/components/display/Picture";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import { IMAGE_TYPES } from "@/lib/images";
import styles from "./Playground.module.css";
import type { Images } from "./useImages";

export function ChosenImages({ images }: { images: Images }) {
  const words = useMessages().playground;
  return (
    <>
      {images.fault !== null && <Notice kind="warning">{words.imageFaults[images.fault]}</Notice>}
      {images.urls.length > 0 && (
        <div className={layout.row}>
          {images.urls.map((url, at) => (
            <div key={at} className={styles.chosen}>
              <Picture address={url} />
              <IconButton
                size="small"
                label={words.removeImage(at + 1)}
                onClick={() => {
                  images.remove(at);
                }}
              >
                <X />
              </IconButton>
            </div>
          ))}
        </div>
      )}
    </>
  );
}

export function ImageButton({ images }: { images: Images }) {
  const words = useMessages().playground;
  const choose = () => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.accept = IMAGE_TYPES.join();
    input.onchange = () => {
      images.add(input.files ?? []);
    };
    input.click();
  };
  return (
    <Button onClick={choose}>
      <ImagePlus /> {words.addImage}
    </Button>
  );
}

/** Takes files that are dropped anywhere on its children: next to a field, a browser would leave the page for them. */
export function ImageDrop({ images, children }: { images: Images; children: ReactNode }) {
  const [isOver, setIsOver] = useState(false);
  const withFiles = (act: (event: DragEvent) => void) => (event: DragEvent) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    act(event);
  };
  return (
    <div
      className={clsx(styles.drop, isOver && styles.isOver)}
      onDragOver={withFiles(() => {
        setIsOver(true);
      })}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setIsOver(false);
      }}
      onDrop={withFiles((event) => {
        setIsOver(false);
        images.add(event.dataTransfer.files);
      })}
    >
      {children}
    </div>
  );
}
