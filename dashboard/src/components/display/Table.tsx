/** Tables: a row for each thing, columns that can hide on narrow screens. */

import { clsx } from "clsx";
import type { ReactNode } from "react";
import styles from "./Table.module.css";

export interface Column<Row> {
  head: ReactNode;
  /** What is read out where the head shows nothing. */
  cell: (row: Row) => ReactNode;
  kind?: "text" | "number" | "tight";
  isWideOnly?: boolean;
}

export function Table<Row>({
  label,
  rows,
  columns,
  keyOf,
  isSelected,
}: {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  isSelected?: (row: Row) => boolean;
}) {
  const look = (column: Column<Row>) =>
    clsx(
      column.kind === "number" && styles.number,
      column.kind === "tight" && styles.tight,
      column.isWideOnly && styles.wideOnly,
    );
  return (
    // A table that is wider than the screen is scrolled with the keyboard too.
    <div className={styles.scroll} role="group" aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={at} scope="col" className={look(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-selected={isSelected?.(row)}>
              {columns.map((column, at) => (
                <td key={at} className={look(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The name of a row's thing, with a second line below it. */
export function Named({ name, sub }: { name: ReactNode; sub?: ReactNode }) {
  return (
    <>
      <span className={styles.main}>{name}</span>
      {sub && <span className={styles.sub}>{sub}</span>}
    </>
  );
}
