// Seconds.
const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Year 1 and year 9999: what Kubernetes' times can hold besides "not set". */
const FIRST = Date.parse('0001-01-01T00:00:01Z');
const LAST = Date.parse('9999-12-31T23:59:59Z');

/** Whether a time that a remote cluster names can be shown; 0 stands for unknown. */
export function isShownTime(ms: number): boolean {
  return ms !== 0 && ms >= FIRST && ms <= LAST;
}

/** RFC 3339 to the second, as Kubernetes writes times; undefined where it is unknown or out of range. */
export function shownTime(ms: number): string | undefined {
  if (!isShownTime(ms)) return undefined;
  const seconds = Math.floor(ms / 1000);
  const day = Math.floor(seconds / DAY);
  const time = seconds - day * DAY;
  return `${dayText(day)}T${two(time / HOUR)}:${two((time % HOUR) / MINUTE)}:${two(time % MINUTE)}Z`;
}

/** The dates that were asked for: making one takes ten times as long as the rest of a time. */
const dates = new Map<number, string>();
const MAX_DATES = 4096;

function dayText(day: number): string {
  let text = dates.get(day);
  if (text === undefined) {
    if (dates.size >= MAX_DATES) dates.clear();
    text = new Date(day * DAY * 1000).toISOString().slice(0, 10);
    dates.set(day, text);
  }
  return text;
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));

function two(value: number): string {
  return TWO_DIGITS[Math.floor(value)] ?? '00';
}

/** The time between, in the two or three digits that kubectl shows as AGE: `45s`, `5m30s`, `3h`, `2d4h`, `5y20d`. */
export function shownAge(since: number, now: number): string {
  if (!isShownTime(since)) return '<unknown>';
  const seconds = Math.trunc((now - since) / 1000);
  if (seconds < -1) return '<invalid>';
  for (const { below, unit, symbol, rest } of STEPS) {
    if (seconds >= below) continue;
    const whole = Math.floor(Math.max(0, seconds) / unit);
    const more = rest === undefined ? 0 : Math.floor((seconds % unit) / rest.unit);
    return `${whole}${symbol}${more > 0 && rest !== undefined ? `${more}${rest.symbol}` : ''}`;
  }
  return `${Math.floor(seconds / YEAR)}y`;
}

interface Step {
  /** Seconds. */
  readonly below: number;
  readonly unit: number;
  readonly symbol: string;
  readonly rest?: { readonly unit: number; readonly symbol: string };
}

const STEPS: readonly Step[] = [
  { below: 2 * MINUTE, unit: 1, symbol: 's' },
  { below: 10 * MINUTE, unit: MINUTE, symbol: 'm', rest: { unit: 1, symbol: 's' } },
  { below: 3 * HOUR, unit: MINUTE, symbol: 'm' },
  { below: 8 * HOUR, unit: HOUR, symbol: 'h', rest: { unit: MINUTE, symbol: 'm' } },
  { below: 2 * DAY, unit: HOUR, symbol: 'h' },
  { below: 8 * DAY, unit: DAY, symbol: 'd', rest: { unit: HOUR, symbol: 'h' } },
  { below: 2 * YEAR, unit: DAY, symbol: 'd' },
  { below: 8 * YEAR, unit: YEAR, symbol: 'y', rest: { unit: DAY, symbol: 'd' } },
];
