/** Where reading continues after a page was chosen from something that has closed. */

export function focusContent(): void {
  document.getElementById("content")?.focus({ preventScroll: true });
}
