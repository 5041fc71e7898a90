import 'reflect-metadata';

/** A part's settings: a class with class-validator decorators, whose defaults are its initial values. */
export type SettingsClass<T extends object = object> = new () => T;

/** What the loader knows of one property beside its validation rules. */
export interface SettingTraits {
  /** Name without prefix: `GATEWAY_PORT` is read from DOORWARD_GATEWAY_PORT and its aliases, and from …_FILE if secret. */
  readonly env?: string;
  /** Never shown, never logged; may be a reference, and so may what it holds (contract section 8). */
  readonly secret?: boolean;
  /** Never shown, never logged; taken as it stands. */
  readonly hidden?: boolean;
}

const PATH = Symbol('settings:path');
const TRAITS = Symbol('settings:traits');

/** Says where a part's settings stand in the config file: `@Settings('gateway.auth')`. Several parts may share a path. */
export function Settings(path: string): ClassDecorator {
  return (target) => Reflect.defineMetadata(PATH, path, target);
}

/** Adds to a property what validation does not say: its name in the environment, whether it is a secret. */
export function Setting(traits: SettingTraits): PropertyDecorator {
  return (target, property) => {
    const known = settingTraits(target.constructor as SettingsClass);
    Reflect.defineMetadata(TRAITS, new Map(known).set(String(property), traits), target.constructor);
  };
}

/** The dotted path of a settings class. Throws for a class without `@Settings`: a mistake in the code, not in a file. */
export function settingsPath(type: SettingsClass): string {
  const path: unknown = Reflect.getMetadata(PATH, type);
  if (typeof path !== 'string') throw new TypeError(`${type.name} has no @Settings(path)`);
  return path;
}

export function settingTraits(type: SettingsClass): ReadonlyMap<string, SettingTraits> {
  return (Reflect.getMetadata(TRAITS, type) as Map<string, SettingTraits> | undefined) ?? new Map();
}

/** One valid configuration, whole and unchanging. A request works with one of these from beginning to end (S145). */
export class ConfigSnapshot {
  private readonly derived = new Map<Derivation<unknown>, unknown>();

  constructor(
    /** Grows by one with every reload. */
    readonly version: number,
    private readonly parts: ReadonlyMap<SettingsClass, object>,
  ) {}

  /** A part's settings, validated, with defaults filled in. */
  get<T extends object>(type: SettingsClass<T>): T {
    const part = this.parts.get(type);
    if (!part) throw new TypeError(`${type.name} is not in the list of settings`);
    return part as T;
  }

  /** What `derive` makes of this snapshot, made once: `config.once(trustedProxies)`. */
  once<T>(derive: Derivation<T>): T {
    if (!this.derived.has(derive)) this.derived.set(derive, derive(this));
    return this.derived.get(derive) as T;
  }
}

type Derivation<T> = (config: ConfigSnapshot) => T;
