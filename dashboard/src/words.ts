/** `1,234`, or `12.3k` from ten thousand on. */
export function count(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)}k` : Math.round(value).toLocaleString('en');
}

/** `0.4/s`, `37/s`. */
export function rate(perSecond: number): string {
  return `${perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : count(perSecond)}/s`;
}

/** `12 %`, `1.6 %`, of a part from 0 to 1. */
export function percent(part: number): string {
  const percents = part * 100;
  return `${percents > 0 && percents < 10 ? percents.toFixed(1) : Math.round(percents)} %`;
}

/** `8 ms`, `1.2 s`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `14:03:27`, of the day. */
export function time(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB');
}
