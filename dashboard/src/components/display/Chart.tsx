/** Curves over steps: values under the pointer, zoom by dragging, marks at certain steps. */

import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useLocaleTag, useMessages } from "@/i18n";
import { asTable, someOf } from "@/lib/chartTable";
import { saveAs } from "@/lib/encoding";
import { count, duration, measured } from "@/lib/format";
import { useTheme } from "@/lib/tab/theme";
import { Button } from "@/components/controls/Button";
import styles from "./Chart.module.css";
import layout from "@/components/layout/layout.module.css";

export interface Curve {
  name: string;
  /** A colour of `tokens.css`, such as "--series-1". */
  color: string;
  isDashed?: boolean;
  /** Measured so rarely that each value is a dot on the line. */
  isSparse?: boolean;
  values: readonly (number | null)[];
}

interface Props {
  label: string;
  /** Where the values lie on the axis. */
  steps: readonly number[];
  /** What the places on the axis are. */
  axis?: "steps" | "seconds";
  curves: readonly Curve[];
  marks?: readonly number[];
  isShare?: boolean;
  /** Draws values by their orders of magnitude; those that have none are left out. */
  isLogarithmic?: boolean;
}

const HEIGHT = 256;
const MAX_ROWS = 12;
// uPlot's own name for it exists in its types alone.
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const LOGARITHMIC: uPlot.Scale.Distr = 3;

export function Chart({ label, steps, axis = "steps", curves, marks = [], isShare = false, isLogarithmic = false }: Props) {
  const words = useMessages().jobs.chart;
  const tag = useLocaleTag();
  const [theme] = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const marked = useRef(marks);
  const [at, setAt] = useState<number | null>(null);
  const [isZoomed, setZoomed] = useState(false);
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const data = useMemo(
    () => [steps, ...curves.map(({ values }) => (isLogarithmic ? values.map(positive) : values))] as uPlot.AlignedData,
    [steps, curves, isLogarithmic],
  );
  const shape = curves.map((curve) => `${curve.name}|${curve.color}|${curve.isDashed}|${curve.isSparse}`).join("\n");

  useEffect(() => {
    const box = host.current;
    if (box === null) return;
    const drawn = new uPlot(options(box, curves, marked, { setAt, setZoomed, isShare, isLogarithmic, tag, axis, x: words[axis], y: label }), data, box);
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: box.clientWidth, height: HEIGHT }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      drawn.destroy();
      plot.current = null;
    };
    // The data is handed over below; a new plot is needed only when the curves themselves change.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, theme, tag, isShare, isLogarithmic, label, axis]);

  useEffect(() => {
    marked.current = marks;
    // A zoomed view stays where it is while new steps come in.
    plot.current?.setData(data, !isZoomed);
    if (isZoomed) plot.current?.redraw();
  }, [data, marks, isZoomed]);

  const toggle = (name: string, index: number) => {
    const isShown = hidden.includes(name);
    setHidden(isShown ? hidden.filter((other) => other !== name) : [...hidden, name]);
    plot.current?.setSeries(index + 1, { show: isShown });
  };
  const shown = at ?? steps.length - 1;
  const placeName = (place: number) => (axis === "seconds" ? duration(place, tag) : words.step(count(place, tag)));
  return (
    <figure className={styles.figure} aria-label={label}>
      <div className={layout.between}>
        <div className={styles.legend}>
          {curves.map((curve, index) => (
            <button
              key={curve.name}
              type="button"
              className={styles.key}
              aria-pressed={!hidden.includes(curve.name)}
              onClick={() => toggle(curve.name, index)}
            >
              <span className={styles.swatch} data-dashed={curve.isDashed} style={{ color: `var(${curve.color})` }} />
              {curve.name}
              <span className={styles.value}>{shownValue(curve, shown, tag)}</span>
            </button>
          ))}
          <span className={layout.quiet}>
            {steps[shown] !== undefined && placeName(steps[shown])}
          </span>
        </div>
        <Button size="small" kind="quiet" onClick={() => saveAs(`${label}.csv`, asTable(steps, curves, words[axis]))}>
          CSV
        </Button>
        <Button
          size="small"
          kind="quiet"
          onClick={() => plot.current?.ctx.canvas.toBlob((picture) => picture && saveAs(`${label}.png`, picture))}
        >
          {words.picture}
        </Button>
        {isZoomed && (
          <Button
            size="small"
            onClick={() => {
              setZoomed(false);
              plot.current?.setData(data, true);
            }}
          >
            {words.showAll}
          </Button>
        )}
      </div>
      <div ref={host} className={styles.plot} onDoubleClick={() => setZoomed(false)} aria-hidden />
      <ValueTable label={label} head={words[axis]} nameOf={placeName} steps={steps} curves={curves} tag={tag} />
    </figure>
  );
}

/** What the curves show, for those who hear it: as many steps as can be listened to. */
function ValueTable({
  label,
  head,
  nameOf,
  steps,
  curves,
  tag,
}: Pick<Props, "label" | "steps" | "curves"> & { head: string; nameOf: (place: number) => string; tag: string }) {
  return (
    // A table is as wide as its columns, whatever width it is given.
    <div className="visually-hidden">
      <table>
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">{head}</th>
            {curves.map((curve) => (
              <th key={curve.name} scope="col">
                {curve.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {someOf(steps.length, MAX_ROWS).map((at) => (
            <tr key={at}>
              <th scope="row">{nameOf(steps[at] ?? 0)}</th>
              {curves.map((curve) => (
                <td key={curve.name}>{shownValue(curve, at, tag)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The value at a step, or the last one before it where it is measured only now and then. */
function shownValue(curve: Curve, at: number, tag: string): string {
  for (let index = at; index >= 0; index -= 1) {
    const value = curve.values[index];
    if (value !== null && value !== undefined) return measured(value, tag);
    if (!curve.isSparse) break;
  }
  return "–";
}

interface Wiring {
  setAt: (at: number | null) => void;
  setZoomed: (isZoomed: boolean) => void;
  isShare: boolean;
  isLogarithmic: boolean;
  tag: string;
  axis: "steps" | "seconds";
  /** What the axes measure. */
  x: string;
  y: string;
}

function options(
  box: HTMLElement,
  curves: readonly Curve[],
  marks: { current: readonly number[] },
  { setAt, setZoomed, isShare, isLogarithmic, tag, axis: places, x, y }: Wiring,
): uPlot.Options {
  const ink = resolved(box, "--ink-3");
  const line = resolved(box, "--line");
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const label = { labelFont: font, labelSize: 16, labelGap: 0 };
  const axis = { stroke: ink, font, ...label, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [10, 16, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: true }, points: { size: 7 }, y: false },
    scales: { x: { time: false }, y: isLogarithmic ? { distr: LOGARITHMIC } : { range: isShare ? [0, 1] : comfortable } },
    axes: [
      {
        ...axis,
        label: x,
        grid: { show: false },
        size: 28,
        ...(places === "steps"
          ? { incrs: WHOLE_STEPS }
          : { space: 90, incrs: ROUND_TIMES, values: (_plot, values) => values.map((value) => duration(value, tag)) }),
      },
      {
        ...axis,
        label: y,
        size: isLogarithmic ? 56 : 48,
        values: (_plot, values) => values.map((value) => shownTick(value, isShare, tag)),
      },
    ],
    series: [{}, ...curves.map((curve) => series(box, curve))],
    hooks: {
      setCursor: [(plot) => setAt(plot.cursor.idx ?? null)],
      setSelect: [(plot) => setZoomed(plot.select.width > 0)],
      drawClear: [(plot) => drawMarks(plot, marks.current, ink)],
    },
  };
}

/** Between the powers of ten of a logarithmic axis there are lines without a number. */
function shownTick(value: number | null, isShare: boolean, tag: string): string {
  if (value === null) return "";
  return isShare ? `${Math.round(value * 100)}%` : measured(value, tag).replace(/([.,]\d*?)0+$/, "$1").replace(/[.,]$/, "");
}

function positive(value: number | null): number | null {
  return value !== null && value > 0 ? value : null;
}

const WHOLE_STEPS = [1, 2, 5].flatMap((first) => [1, 10, 100, 1000, 10_000, 100_000].map((power) => first * power)).sort((a, b) => a - b);

const ROUND_TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400];

/** From zero, because a loss has a floor there; a little room above. */
function comfortable(_plot: uPlot, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  return [Math.min(0, low), high <= 0 ? 1 : high * 1.05];
}

function series(box: HTMLElement, curve: Curve): uPlot.Series {
  return {
    label: curve.name,
    stroke: resolved(box, curve.color),
    width: 1.75,
    spanGaps: true,
    ...(curve.isDashed === true && { dash: [5, 4] }),
    points: { show: curve.isSparse === true, size: 6 },
  };
}

function drawMarks(plot: uPlot, marks: readonly number[], color: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const step of marks) {
    const x = Math.round(plot.valToPos(step, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillRect(x - 3 * devicePixelRatio, bbox.top - 3 * devicePixelRatio, 6 * devicePixelRatio, 6 * devicePixelRatio);
  }
  ctx.restore();
}

/** A colour of `tokens.css` as the canvas needs it: for the theme that is on. */
function resolved(box: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  box.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}
