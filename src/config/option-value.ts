import { subdomainProblem } from '../model/rcc-parse-names.ts';
import type { OptionDefinition } from './option.ts';

export interface Address {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** A directory that `--inspect` adds as a cluster. */
export interface NamedDirectory {
  readonly name: string;
  readonly directory: string;
}

export type OptionValue = string | number | boolean | Address | readonly string[] | readonly NamedDirectory[];

/** Thrown by `readOption`; the message says what is wrong and what is expected, never a secret value. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

/** Reads what a user wrote: one text per repetition of a flag, one for a variable. Throws BadValue. */
export function readOption(option: OptionDefinition, texts: readonly string[]): OptionValue {
  const [text = ''] = texts;
  switch (option.type) {
    case 'list':
      return readList(texts, option.of);
    case 'directories':
      return readDirectories(texts);
    case 'string':
      if (text === '') throw new BadValue('is empty');
      return text;
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw bad(text, 'true or false');
      return text === 'true';
    case 'enum':
      if (!option.of.includes(text)) throw bad(text, `one of ${option.of.join(', ')}`);
      return text;
    case 'integer':
      return readInteger(text, option);
    case 'duration':
      return readDuration(text, option);
    case 'address':
      return readAddress(text);
  }
}

function bad(text: string, expected: string): BadValue {
  return new BadValue(`is ${JSON.stringify(text.slice(0, 100))}; expected ${expected}`);
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function readInteger(text: string, { min, max }: Range): number {
  const expected = `a whole number from ${min} to ${max}`;
  if (!/^\d{1,15}$/.test(text)) throw bad(text, expected);
  const value = Number(text);
  if (value < min || value > max) throw bad(text, expected);
  return value;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function readDuration(text: string, { min, max }: Range): number {
  const expected = `a duration such as 500ms, 60s, 5m or 1h30m, from ${formatDuration(min)} to ${formatDuration(max)}`;
  if (!/^(\d{1,9}(ms|s|m|h))+$/.test(text)) throw bad(text, expected);
  let value = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+)(ms|s|m|h)/g)) {
    value += Number(amount) * (UNIT_MS[unit] ?? 0);
  }
  if (value < min || value > max) throw bad(text, expected);
  return value;
}

/** `1h`, `90s`, `250ms`: the largest unit that needs no fraction. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  for (const unit of ['h', 'm', 's']) {
    const size = UNIT_MS[unit] ?? 1;
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** Throws BadValue. */
export function readAddress(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw bad(text, 'HOST:PORT such as 127.0.0.1:9095 or [::1]:9095');
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

/** As a user would write it. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function itemsOf(texts: readonly string[]): readonly string[] {
  const items = texts.flatMap((text) => text.split(',')).map((item) => item.trim());
  if (items.includes('')) throw new BadValue('has an empty item');
  const twice = items.find((item, i) => items.indexOf(item) !== i);
  if (twice !== undefined) throw new BadValue(`names ${JSON.stringify(twice.slice(0, 100))} twice`);
  return items;
}

function readList(texts: readonly string[], of: readonly string[] | undefined): readonly string[] {
  const items = itemsOf(texts);
  const unknown = of === undefined ? undefined : items.find((item) => !of.includes(item));
  if (unknown !== undefined) throw bad(unknown, `some of ${(of ?? []).join(', ')}`);
  return items;
}

function readDirectories(texts: readonly string[]): readonly NamedDirectory[] {
  const result: NamedDirectory[] = [];
  for (const item of itemsOf(texts)) {
    const at = item.indexOf('=');
    const name = item.slice(0, Math.max(at, 0));
    const directory = item.slice(at + 1);
    if (at < 0 || directory === '') throw bad(item, 'NAME=DIR');
    const problem = subdomainProblem(name);
    if (problem !== undefined)
      throw new BadValue(`names a cluster ${JSON.stringify(name.slice(0, 100))} that ${problem}`);
    if (result.some((other) => other.name === name)) throw new BadValue(`names the cluster ${name} twice`);
    result.push({ name, directory });
  }
  return result;
}
