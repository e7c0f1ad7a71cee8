/** The images of a message that is being written, within the limits of the server. */

import { useState } from "react";
import { dataUrlOf, imageFault, MAX_IMAGES } from "@/lib/images";

export interface Images {
  /** Data URLs. */
  urls: readonly string[];
  /** Why the last files were not taken. */
  fault: "type" | "size" | "count" | null;
  add: (files: Iterable<File>) => void;
  remove: (at: number) => void;
  clear: () => void;
}

export function useImages(): Images {
  const [urls, setUrls] = useState<readonly string[]>([]);
  const [fault, setFault] = useState<Images["fault"]>(null);

  const add = async (files: readonly File[]) => {
    const wrong = files.map(imageFault).find((found) => found !== null) ?? null;
    const read = wrong === null ? await Promise.all(files.map(dataUrlOf)) : [];
    setUrls((before) => [...before, ...read].slice(0, MAX_IMAGES));
    setFault(wrong ?? (urls.length + read.length > MAX_IMAGES ? "count" : null));
  };

  return {
    urls,
    fault,
    add: (files) => {
      const chosen = [...files];
      if (chosen.length > 0) void add(chosen);
    },
    remove: (at) => {
      setUrls((before) => before.toSpliced(at, 1));
    },
    clear: () => {
      setUrls([]);
      setFault(null);
    },
  };
}
