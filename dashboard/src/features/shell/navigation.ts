/** The links of the navigation. */

import {
  Boxes,
  FileText,
  FlaskConical,
  Gauge,
  GraduationCap,
  KeyRound,
  type LucideIcon,
  MessagesSquare,
  ScrollText,
  SlidersHorizontal,
} from "lucide-react";

interface NavigationLink {
  to: "/" | "/fine-tuning" | "/files" | "/evals" | "/distillations" | "/logs" | "/playground" | "/models" | "/keys";
  name: "overview" | "fineTuning" | "files" | "evals" | "distillations" | "logs" | "playground" | "models" | "keys";
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
      { to: "/distillations", name: "distillations", icon: GraduationCap },
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
