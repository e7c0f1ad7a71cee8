/** Buttons, and links that look like them. */

import { Link, type LinkProps } from "@tanstack/react-router";
import { clsx } from "clsx";
import type { ComponentPropsWithRef, ReactNode } from "react";
import styles from "./Button.module.css";

interface Look {
  kind?: "plain" | "primary" | "quiet" | "danger";
  size?: "normal" | "small";
}

function look({ kind = "plain", size = "normal" }: Look, isIcon = false): string {
  return clsx(
    styles.button,
    kind === "primary" && styles.primary,
    kind === "quiet" && styles.quiet,
    kind === "danger" && styles.danger,
    size === "small" && styles.small,
    isIcon && styles.icon,
  );
}

export function Button({ kind, size, className, ...rest }: Look & ComponentPropsWithRef<"button">) {
  return <button type="button" className={clsx(look({ kind, size }), className)} {...rest} />;
}

/** A button that shows only a picture; `label` is what is read out and shown on hover. */
export function IconButton({
  kind = "quiet",
  size,
  label,
  className,
  ...rest
}: Look & { label: string } & ComponentPropsWithRef<"button">) {
  return (
    <button
      type="button"
      className={clsx(look({ kind, size }, true), className)}
      aria-label={label}
      title={label}
      {...rest}
    />
  );
}

export function LinkButton({
  kind,
  size,
  children,
  ...rest
}: Look & LinkProps & { children: ReactNode; className?: string }) {
  return (
    <Link {...rest} className={look({ kind, size })}>
      {children}
    </Link>
  );
}
