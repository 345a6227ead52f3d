import type { Command, Option } from './option.js';
import type { OPTIONS, OptionKey } from './options.js';
import type { ValueOf } from './shape.js';

/**
 * The configuration of a command: `config.listener.ttlMs` is the option `listener.ttlMs`.
 *
 * Derived from the table: it has the options that the command has; one with a default, or that the command requires, is
 * always there, every other may be undefined.
 */
export type Config<C extends Command> = {
  readonly [G in GroupOf<KeyOf<C>>]: {
    readonly [K in KeyOf<C> as NameIn<G, K>]: SettledValue<C, (typeof OPTIONS)[K]>;
  };
};

/** The values by key, before it is known that they are complete. */
export type Values = { readonly [K in OptionKey]?: ValueOf<(typeof OPTIONS)[K]> | undefined };

type KeyOf<C extends Command> = {
  [K in OptionKey]: C extends (typeof OPTIONS)[K]['commands'][number] ? K : never;
}[OptionKey];

type GroupOf<K extends OptionKey> = K extends `${infer G}.${string}` ? G : never;

type NameIn<G extends string, K extends OptionKey> = K extends `${G}.${infer Name}` ? Name : never;

type SettledValue<C extends Command, O extends Option> =
  IsSettled<C, O> extends true ? ValueOf<O> : ValueOf<O> | undefined;

type IsSettled<C extends Command, O> = O extends
  { default: unknown } | { defaultFor: unknown } | { defaultFrom: unknown }
  ? true
  : O extends { requiredBy: readonly (infer R)[] }
    ? C extends R
      ? true
      : false
    : false;
