/** The links of the navigation. */

import {
  Boxes,
  ChartColumn,
  DoorOpen,
  FileText,
  FlaskConical,
  Footprints,
  Gauge,
  GraduationCap,
  KeyRound,
  Layers,
  type LucideIcon,
  MessagesSquare,
  Scale,
  ScrollText,
  SlidersHorizontal,
  Webhook,
} from "lucide-react";

interface NavigationLink {
  to: "/" | "/start" | "/fine-tuning" | "/files" | "/evals" | "/distillations" | "/logs" | "/playground" | "/batches" | "/shadows" | "/models" | "/usage" | "/keys" | "/webhooks" | "/leaving";
  name: "overview" | "start" | "fineTuning" | "files" | "evals" | "distillations" | "logs" | "playground" | "batches" | "shadows" | "models" | "usage" | "keys" | "webhooks" | "leaving";
  icon: LucideIcon;
}

interface Group {
  name: "build" | "use" | "manage" | null;
  links: readonly NavigationLink[];
}

export const NAVIGATION: readonly Group[] = [
  {
    name: null,
    links: [
      { to: "/", name: "overview", icon: Gauge },
      { to: "/start", name: "start", icon: Footprints },
    ],
  },
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
      { to: "/batches", name: "batches", icon: Layers },
      { to: "/logs", name: "logs", icon: ScrollText },
      { to: "/shadows", name: "shadows", icon: Scale },
    ],
  },
  {
    name: "manage",
    links: [
      { to: "/models", name: "models", icon: Boxes },
      { to: "/usage", name: "usage", icon: ChartColumn },
      { to: "/keys", name: "keys", icon: KeyRound },
      { to: "/webhooks", name: "webhooks", icon: Webhook },
      { to: "/leaving", name: "leaving", icon: DoorOpen },
    ],
  },
];
