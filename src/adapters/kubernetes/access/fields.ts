import { type Place, configError } from './config-error.ts';

type Values = Readonly<Record<string, unknown>>;

/** Typed reading of one mapping of a kubeconfig. Errors name place and field, never a value. null counts as absent. */
export class Fields {
  readonly place: Place;
  readonly #path: string;
  readonly #values: Values;

  /** @param path of this mapping inside the file: `users[admin].user`; '' for the whole. */
  constructor(place: Place, path: string, value: unknown) {
    this.place = place;
    this.#path = path;
    if (value === undefined || value === null) this.#values = {};
    else if (typeof value === 'object' && !Array.isArray(value)) this.#values = value as Values;
    else throw configError(place, path === '' ? 'the text' : path, 'must be a mapping');
  }

  has(name: string): boolean {
    const value = this.#values[name];
    return value !== undefined && value !== null && value !== '';
  }

  /** '' where absent. */
  string(name: string): string {
    const value = this.#values[name] ?? '';
    if (typeof value === 'string') return value;
    throw this.error(name, 'must be a string');
  }

  boolean(name: string): boolean {
    const value = this.#values[name] ?? false;
    if (typeof value === 'boolean') return value;
    throw this.error(name, 'must be true or false');
  }

  strings(name: string): readonly string[] {
    const list = this.#list(name);
    if (list.every((item) => typeof item === 'string')) return list;
    throw this.error(name, 'must be a list of strings');
  }

  mapping(name: string): Fields {
    return new Fields(this.place, this.path(name), this.#values[name]);
  }

  /** The list `name`, each item a mapping. */
  mappings(name: string): readonly Fields[] {
    return this.#list(name).map((item, i) => new Fields(this.place, `${this.path(name)}[${i}]`, item));
  }

  keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  raw(name: string): unknown {
    return this.#values[name];
  }

  path(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  error(name: string, problem: string): Error {
    return configError(this.place, this.path(name), problem);
  }

  #list(name: string): readonly unknown[] {
    const value = this.#values[name] ?? [];
    if (Array.isArray(value)) return value;
    throw this.error(name, 'must be a list');
  }
}
