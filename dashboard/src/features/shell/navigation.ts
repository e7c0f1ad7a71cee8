/** The links of the navigation. */

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

interface NavigationLink {
  to: "/" | "/fine-tuning" | "/files" | "/evals" | "/logs" | "/playground" | "/models" | "/keys";
  name: "overview" | "fineTuning" | "files" | "evals" | "logs" | "playground" | "models" | "keys";
  icon: LucideIcon;
}

interface Group {
  name: "build" | "use" | "manage" | null;
  links: readonly NavigationLink[];
}

export const NAVIGATION: readonly Group[] = [
  { name: null, links: [{ to: "/", name: "overview", icon: Gauge }] },
  {
    name: "build",
    links: [
      { to: "/fine-tuning", name: "fineTuning", icon: SlidersHorizontal },
      { to: "/files", name: "files", icon: FileText },
      { to: "/evals", name: "evals", icon: FlaskConical },
    ],
  },
  {
    name: "use",
    links: [
      { to: "/playground", name: "playground", icon: MessagesSquare },
      { to: "/logs", name: "logs", icon: ScrollText },
    ],
  },
  {
    name: "manage",
    links: [
      { to: "/models", name: "models", icon: Boxes },
      { to: "/keys", name: "keys", icon: KeyRound },
    ],
  },
];
