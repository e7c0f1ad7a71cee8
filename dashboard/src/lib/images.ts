/** Images that users show to models: read from files, within the limits of the server. */

import type { Example, Message } from "@/lib/conversation";

export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
export const MAX_IMAGES = 10;
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024;

/** Why a file cannot be shown to a model; null when nothing speaks against it. */
export function imageFault(file: { type: string; size: number }): "type" | "size" | null {
  if (!IMAGE_TYPES.includes(file.type)) return "type";
  return file.size > MAX_IMAGE_BYTES ? "size" : null;
}

export function dataUrlOf(content: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(reader.result as string);
    };
    reader.onerror = () => {
      reject(reader.error ?? new Error("unreadable"));
    };
    reader.readAsDataURL(content);
  });
}

/** The address of a route that sends the image of an address; null for what is not on this server. */
export function routeOf(address: string): string | null {
  if (address.startsWith("understudy://")) return `/x/${address.slice("understudy://".length)}`;
  return /^file-[\w-]+$/.test(address) ? `/files/${address}/content` : null;
}

/** An example of a long line, whose data URLs stop where their bytes begin, with addresses instead. */
export function withAddresses(example: Example, fileId: string, line: number): Example {
  let number = 0;
  const placed = (message: Message): Message => ({
    ...message,
    images: message.images.map((address) => {
      number += 1;
      const isCut = address.startsWith("data:image/") && address.endsWith(",");
      return isCut ? `understudy://files/${fileId}/lines/${line}/images/${number}` : address;
    }),
  });
  return {
    ...example,
    messages: example.messages.map(placed),
    preferred: example.preferred.map(placed),
    rejected: example.rejected.map(placed),
  };
}
