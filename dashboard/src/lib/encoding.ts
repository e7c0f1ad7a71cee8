/** The table of a job's steps, which the server sends base64-encoded unless it is set to plain. */

const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

export function decodeResult(text: string): string {
  // A table has commas, which base64 has not.
  if (!BASE64.test(text)) return text;
  const bytes = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

/** Let the browser save a text as a file. */
export function saveAs(name: string, content: BlobPart, type = "application/octet-stream"): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
