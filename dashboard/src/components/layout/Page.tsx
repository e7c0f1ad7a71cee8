/** The head of every page: breadcrumb, title, description and actions. */

import { Link, type LinkProps } from "@tanstack/react-router";
import { clsx } from "clsx";
import { type ReactNode, useEffect } from "react";
import styles from "./Page.module.css";

export function Page({
  title,
  heading,
  about,
  crumb,
  actions,
  isWide = false,
  children,
}: {
  /** Stands in the browser's tab, and as the heading unless there is another. */
  title: string;
  heading?: ReactNode;
  about?: ReactNode;
  crumb?: { label: string; to: LinkProps };
  actions?: ReactNode;
  isWide?: boolean;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Understudy`;
  }, [title]);
  return (
    <div className={clsx(styles.page, isWide && styles.wide)}>
      <header className={styles.head}>
        <div className={styles.title}>
          {crumb && (
            <Link {...crumb.to} className={styles.crumb}>
              ← {crumb.label}
            </Link>
          )}
          <h1>{heading ?? title}</h1>
          {about && <p>{about}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
