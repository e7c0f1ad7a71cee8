/** The pages that the navigation leads to. */

import {
  Boxes,
  FileText,
  FlaskConical,
  Gauge,
  KeyRound,
  type LucideIcon,
  MessagesSquare,
  ScrollText,
  SlidersHorizontal,
} from "lucide-react";

interface Place {
  to: "/" | "/fine-tuning" | "/files" | "/evals" | "/logs" | "/playground" | "/models" | "/keys";
  name: "overview" | "fineTuning" | "files" | "evals" | "logs" | "playground" | "models" | "keys";
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
      { to: "/evals", name: "evals", icon: FlaskConical },
    ],
  },
  {
    name: "use",
    places: [
      { to: "/playground", name: "playground", icon: MessagesSquare },
      { to: "/logs", name: "logs", icon: ScrollText },
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
