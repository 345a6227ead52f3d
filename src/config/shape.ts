/** What a value looks like, wherever it is written: on the command line, in the environment or in the file. */
export type Shape =
  | {
      readonly kind: 'string';
      /** What the text has to match, and the same in words for the error and the docs. */
      readonly pattern?: RegExp;
      readonly like?: string;
      /** Whether it names a file or folder: a shell then completes it. */
      readonly isPath?: true;
    }
  | { readonly kind: 'integer'; readonly least: number; readonly most: number }
  | { readonly kind: 'boolean' }
  /** At least one text; separated by commas where it is written as one text. */
  | { readonly kind: 'list' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  /** Written as `500ms`, `10s`, `5m` or `1h`; the value is in milliseconds. */
  | { readonly kind: 'duration'; readonly leastMs: number; readonly mostMs: number };

/** The type of the values of a shape. */
export type ValueOf<S extends Shape> = S extends { kind: 'integer' | 'duration' }
  ? number
  : S extends { kind: 'boolean' }
    ? boolean
    : S extends { kind: 'list' }
      ? readonly string[]
      : S extends { kind: 'enum'; values: readonly (infer V)[] }
        ? V
        : string;

export type Value = ValueOf<Shape>;

/** What a text of the command line or the environment stands for; a text that does not fit stays as it is. */
export function fromText(shape: Shape, text: string): unknown {
  switch (shape.kind) {
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'string':
    case 'enum':
    case 'duration':
      return text;
  }
}

/** The value that `raw` stands for, or undefined where it does not have the shape. */
export function toValue(shape: Shape, raw: unknown): Value | undefined {
  switch (shape.kind) {
    case 'string':
      return isText(raw) && (shape.pattern?.test(raw) ?? true) ? raw : undefined;
    case 'integer':
      return isWithin(raw, shape.least, shape.most) ? raw : undefined;
    case 'boolean':
      return typeof raw === 'boolean' ? raw : undefined;
    case 'list':
      return Array.isArray(raw) && raw.length > 0 && raw.every(isText) ? raw : undefined;
    case 'enum':
      return shape.values.find((value) => value === raw);
    case 'duration': {
      const ms = isText(raw) ? durationMs(raw) : undefined;
      return isWithin(ms, shape.leastMs, shape.mostMs) ? ms : undefined;
    }
  }
}

/** The shape in words, so that "must be …" is a sentence. */
export function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      return shape.like ?? 'a text';
    case 'integer':
      return `a whole number from ${shape.least} to ${shape.most}`;
    case 'boolean':
      return 'true or false';
    case 'list':
      return 'a list of at least one text';
    case 'enum':
      return `one of ${shape.values.join(', ')}`;
    case 'duration':
      return `a duration from ${formatDuration(shape.leastMs)} to ${formatDuration(shape.mostMs)}`;
  }
}

/** A value as it would be written on the command line. */
export function formatValue(shape: Shape, value: Value): string {
  if (shape.kind === 'duration') return formatDuration(Number(value));
  return Array.isArray(value) ? value.join(',') : String(value);
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

function durationMs(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(digits) * UNITS[unit as keyof typeof UNITS];
}

function formatDuration(ms: number): string {
  const unit = (['h', 'm', 's'] as const).find((name) => ms > 0 && ms % UNITS[name] === 0) ?? 'ms';
  return `${ms / UNITS[unit]}${unit}`;
}

function isText(raw: unknown): raw is string {
  return typeof raw === 'string' && raw !== '';
}

function isWithin(raw: unknown, least: number, most: number): raw is number {
  return typeof raw === 'number' && Number.isInteger(raw) && raw >= least && raw <= most;
}
