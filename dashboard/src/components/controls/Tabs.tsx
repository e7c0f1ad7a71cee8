/** Tabs of a page, and a choice of a few that are all visible. */

import { Tabs as RadixTabs, ToggleGroup } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./Tabs.module.css";

export interface Tab<Name extends string> {
  name: Name;
  label: ReactNode;
  content: ReactNode;
}

export function Tabs<Name extends string>({
  label,
  tabs,
  current,
  onChange,
}: {
  label: string;
  tabs: readonly Tab<Name>[];
  current: Name;
  onChange: (name: Name) => void;
}) {
  return (
    <RadixTabs.Root value={current} onValueChange={(name) => onChange(name as Name)}>
      <RadixTabs.List className={styles.list} aria-label={label}>
        {tabs.map((tab) => (
          <RadixTabs.Trigger key={tab.name} value={tab.name} className={styles.tab}>
            {tab.label}
          </RadixTabs.Trigger>
        ))}
      </RadixTabs.List>
      {tabs.map((tab) => (
        <RadixTabs.Content key={tab.name} value={tab.name}>
          {tab.content}
        </RadixTabs.Content>
      ))}
    </RadixTabs.Root>
  );
}

export function Segments<Name extends string>({
  label,
  options,
  current,
  onChange,
}: {
  label: string;
  options: readonly { name: Name; label: ReactNode; isDisabled?: boolean }[];
  current: Name;
  onChange: (name: Name) => void;
}) {
  return (
    <ToggleGroup.Root
      type="single"
      className={styles.segments}
      aria-label={label}
      value={current}
      onValueChange={(name) => {
        // Radix sends an empty name when the chosen one is pressed again.
        if (name !== "") onChange(name as Name);
      }}
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.name}
          value={option.name}
          className={styles.segment}
          disabled={option.isDisabled ?? false}
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
