/** The frame of every page: navigation, language, theme and sign-out. */

import { Link } from "@tanstack/react-router";
import { LogOut, Menu as MenuIcon, Search } from "lucide-react";
import { type ComponentType, type ReactNode, Suspense, useState } from "react";
import { Button, IconButton } from "@/components/controls/Button";
import { Sheet } from "@/components/layout/Dialog";
import { useMessages } from "@/i18n";
import { session } from "@/lib/tab/session";
import { LanguageChoice, ThemeChoice } from "./Choices";
import { useIsConnectionLost } from "./connection";
import { NotifyChoice } from "./NotifyChoice";
import { NAVIGATION } from "./navigation";
import { ProjectChoice } from "./ProjectChoice";
import { PALETTE_KEYS, PALETTE_SHORTCUT, usePalette } from "./usePalette";
import styles from "./Shell.module.css";

/** `palette` comes with its first use, `notices` after the page. */
export function Shell({
  palette: Palette,
  notices: Notices,
  children,
}: {
  palette: ComponentType<{ onClose: () => void }>;
  notices: ComponentType;
  children: ReactNode;
}) {
  const { common, palette: words } = useMessages();
  const [isOpen, setOpen] = useState(false);
  const [isSearching, setSearching] = usePalette();
  const isLost = useIsConnectionLost();
  return (
    <>
      <a href="#content" className={styles.skip}>
        {common.skipToContent}
      </a>
      <div className={styles.shell}>
        <div className={styles.side}>
          <Navigation onSearch={() => setSearching(true)} />
        </div>
        <div className={styles.content}>
          <header className={styles.bar}>
            <Brand />
            <span>
              <IconButton label={words.button} onClick={() => setSearching(true)}>
                <Search />
              </IconButton>
              <IconButton label={common.menu} onClick={() => setOpen(true)}>
                <MenuIcon />
              </IconButton>
            </span>
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
      <Suspense fallback={null}>
        <Notices />
      </Suspense>
      {isSearching && (
        <Suspense fallback={null}>
          <Palette onClose={() => setSearching(false)} />
        </Suspense>
      )}
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

function Navigation({ onSearch }: { onSearch?: () => void }) {
  const { common, palette } = useMessages();
  return (
    <nav className={styles.navigation} aria-label={common.menu}>
      <Brand />
      {onSearch && (
        <button type="button" className={styles.search} onClick={onSearch} aria-keyshortcuts={PALETTE_SHORTCUT}>
          <Search size={15} aria-hidden />
          <span>{palette.button}</span>
          <kbd aria-hidden>{PALETTE_KEYS}</kbd>
        </button>
      )}
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
        <ProjectChoice />
        <LanguageChoice />
        <ThemeChoice />
        <NotifyChoice />
        <Button size="small" kind="quiet" onClick={() => session.close()}>
          <LogOut /> {common.signOut}
        </Button>
      </div>
    </nav>
  );
}
