/** Form fields: a label, the control, and below it a hint or what is wrong. */

import { clsx } from "clsx";
import { Search } from "lucide-react";
import { Switch as RadixSwitch } from "radix-ui";
import { type ComponentPropsWithRef, type ReactNode, useId } from "react";
import { useMessages } from "@/i18n";
import styles from "./Field.module.css";

export interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null;
  isOptional?: boolean;
}

/** What a control needs so that label, hint and error belong to it. */
interface Wiring {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

export function Field({
  label,
  hint,
  error,
  isOptional = false,
  children,
}: FieldProps & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const common = useMessages().common;
  const about = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
        {isOptional && <span className={styles.optional}>{common.optional}</span>}
      </label>
      {children({ id, "aria-describedby": about, "aria-invalid": error ? true : undefined })}
      {error ? (
        <p className={styles.error} id={`${id}-error`} role="alert">
          {error}
        </p>
      ) : (
        hint && (
          <p className={styles.hint} id={`${id}-hint`}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

export function TextField({
  label,
  hint,
  error,
  isOptional,
  className,
  isCode = false,
  ...rest
}: FieldProps & ComponentPropsWithRef<"input"> & { isCode?: boolean }) {
  return (
    <Field {...{ label, hint, error, isOptional }}>
      {(wiring) => (
        <input className={clsx(styles.control, isCode && styles.mono, className)} {...wiring} {...rest} />
      )}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  isOptional,
  className,
  isCode = false,
  ...rest
}: FieldProps & ComponentPropsWithRef<"textarea"> & { isCode?: boolean }) {
  return (
    <Field {...{ label, hint, error, isOptional }}>
      {(wiring) => (
        <textarea className={clsx(styles.control, isCode && styles.mono, className)} {...wiring} {...rest} />
      )}
    </Field>
  );
}

export function SelectField({
  label,
  hint,
  error,
  isOptional,
  className,
  ...rest
}: FieldProps & ComponentPropsWithRef<"select">) {
  return (
    <Field {...{ label, hint, error, isOptional }}>
      {(wiring) => <select className={clsx(styles.control, className)} {...wiring} {...rest} />}
    </Field>
  );
}

/** A select without a visible label; `label` is read out. */
export function Select({ label, className, ...rest }: ComponentPropsWithRef<"select"> & { label: string }) {
  return <select aria-label={label} className={clsx(styles.control, className)} {...rest} />;
}

export function SearchInput({ label, ...rest }: ComponentPropsWithRef<"input"> & { label: string }) {
  return (
    <div className={styles.search}>
      <Search size={15} aria-hidden />
      <input type="search" className={styles.control} aria-label={label} placeholder={label} {...rest} />
    </div>
  );
}

export function Switch({
  label,
  isOn,
  onChange,
}: {
  label: ReactNode;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}) {
  const id = useId();
  return (
    <div className={styles.switch}>
      <RadixSwitch.Root id={id} className={styles.track} checked={isOn} onCheckedChange={onChange}>
        <RadixSwitch.Thumb className={styles.thumb} />
      </RadixSwitch.Root>
      <label htmlFor={id}>{label}</label>
    </div>
  );
}
