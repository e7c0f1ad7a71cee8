/** The pages that the navigation leads to. */

import {
  Boxes,
  FileText,
  Gauge,
  KeyRound,
  type LucideIcon,
  MessagesSquare,
  SlidersHorizontal,
} from "lucide-react";

interface Place {
  to: "/" | "/fine-tuning" | "/files" | "/playground" | "/models" | "/keys";
  name: "overview" | "fineTuning" | "files" | "playground" | "models" | "keys";
  icon: LucideIcon;
}

interface Group {
  name: "build" | "use" | "manage" | null;
  places: readonly Place[];
}

export const GROUPS: readonly Group[] = [
  { name: null, places: [{ to: "/", name: "overview", icon: Gauge }] },
  {
    name: "build",
    places: [
      { to: "/fine-tuning", name: "fineTuning", icon: SlidersHorizontal },
      { to: "/files", name: "files", icon: FileText },
    ],
  },
  {
    name: "use",
    places: [
      { to: "/playground", name: "playground", icon: MessagesSquare },
    ],
  },
  {
    name: "manage",
    places: [
      { to: "/models", name: "models", icon: Boxes },
      { to: "/keys", name: "keys", icon: KeyRound },
    ],
  },
];
