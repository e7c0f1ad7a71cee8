/** Whether the browser may show notifications, and whether that is wanted. */

import { preference } from "@/lib/preference";

const wanted = preference<"on" | "off">("notify", ["on", "off"], () => "off");

export const notifying = {
  /** Only pages of this machine and of https may. */
  isPossible: (): boolean => "Notification" in window && window.isSecureContext,
  isOn: (): boolean => notifying.isPossible() && wanted.get() === "on" && Notification.permission === "granted",
  isBlocked: (): boolean => notifying.isPossible() && Notification.permission === "denied",
  /** Asks for the browser's permission, which may be called only after a click. */
  turnOn: async (): Promise<void> => {
    await Notification.requestPermission();
    // Also when refused, so that whoever shows it looks again.
    wanted.set("on");
  },
  turnOff: (): void => wanted.set("off"),
  subscribe: wanted.subscribe,
};
