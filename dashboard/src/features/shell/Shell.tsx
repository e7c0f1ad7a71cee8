/** The frame of every page: navigation, language, theme and sign-out. */

import { Link } from "@tanstack/react-router";
import { LogOut, Menu as MenuIcon } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button, IconButton } from "@/components/controls/Button";
import { Sheet } from "@/components/layout/Dialog";
import { useMessages } from "@/i18n";
import { session } from "@/lib/session";
import { LanguageChoice, ThemeChoice } from "./Choices";
import { useIsConnectionLost } from "./connection";
import { NAVIGATION } from "./navigation";
import styles from "./Shell.module.css";

export function Shell({ children }: { children: ReactNode }) {
  const common = useMessages().common;
  const [isOpen, setOpen] = useState(false);
  const isLost = useIsConnectionLost();
  return (
    <>
      <a href="#content" className={styles.skip}>
        {common.skipToContent}
      </a>
      <div className={styles.shell}>
        <div className={styles.side}>
          <Navigation />
        </div>
        <div className={styles.content}>
          <header className={styles.bar}>
            <Brand />
            <IconButton label={common.menu} onClick={() => setOpen(true)}>
              <MenuIcon />
            </IconButton>
          </header>
          {isLost && (
            <div className={styles.lost} role="status">
              {common.connectionLost}
            </div>
          )}
          <main id="content" tabIndex={-1}>
            {children}
          </main>
        </div>
      </div>
      <Sheet isOpen={isOpen} onOpenChange={setOpen} title={common.menu}>
        {/* Any click inside closes the menu. */}
        <div onClick={() => setOpen(false)}>
          <Navigation />
        </div>
      </Sheet>
    </>
  );
}

function Brand() {
  return (
    <Link to="/" className={styles.brand}>
      <img src="/icon.svg" alt="" />
      Understudy
    </Link>
  );
}

function Navigation() {
  const common = useMessages().common;
  return (
    <nav className={styles.navigation} aria-label={common.menu}>
      <Brand />
      {NAVIGATION.map((group) => (
        <div key={group.name ?? "top"}>
          {group.name && <div className={styles.group}>{common.nav[group.name]}</div>}
          {group.links.map(({ to, name, icon: Icon }) => (
            <Link key={to} to={to} className={styles.link} activeOptions={{ exact: to === "/" }}>
              <Icon size={16} aria-hidden />
              {common.nav[name]}
            </Link>
          ))}
        </div>
      ))}
      <div className={styles.foot}>
        <LanguageChoice />
        <ThemeChoice />
        <Button size="small" kind="quiet" onClick={() => session.close()}>
          <LogOut /> {common.signOut}
        </Button>
      </div>
    </nav>
  );
}
