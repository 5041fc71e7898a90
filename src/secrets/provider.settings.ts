import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { MapOf } from '../config/map-of.js';
import { Setting, Settings } from '../config/settings.js';
import { VariableMap } from './provider.rules.js';
import { ALIAS, ALIAS_RULE, SOURCES, type SourceName } from './secret-ref.js';

const MINUTES_2 = 120_000;
const MIB = 1024 * 1024;
const MAX_BYTES = 20 * MIB;

const VARIABLE = /^[A-Z_][A-Z0-9_]{0,127}$/;
const VARIABLES = { each: true, message: 'each entry must be the name of a variable in capitals, such as VAULT_ADDR' };
const PATH = /^(~(?=\/)|(?=\/))[^\0]{1,4096}$/;
const DIRECTORIES = { each: true, message: 'each entry must be the absolute path of a directory' };
/** Nothing that a shell would read stands in it, although none ever sees it: then what one sees is what is run. */
const COMMAND = /^(~(?=\/)|(?=\/))[^\p{Cc}"'`$&|;<>(){}[\]*?!#\\]{1,4096}$/u;
const A_COMMAND = {
  message:
    'must be the absolute path of a program, such as /usr/local/bin/vault, without quotes or other characters of a shell',
};

/** `secrets.providers.<alias>` with `source: "env"`: variables of the gateway's own environment. */
export class EnvProvider {
  @IsIn(['env'])
  source = 'env' as const;

  /** Names that may be read. Unset: all. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(256)
  @ArrayUnique()
  @Matches(VARIABLE, VARIABLES)
  allowlist?: string[];
}

/** … with `source: "file"`: one file that is its owner's alone. */
export class FileProvider {
  @IsIn(['file'])
  source = 'file' as const;

  /** Absolute; a leading `~` is the home directory. */
  @Matches(PATH, { message: 'must be an absolute path, or one that begins with ~/' })
  path: string;

  /** `json`: an object, of which an id is a JSON Pointer. `singleValue`: the file is the secret, its id `value`. */
  @IsIn(['json', 'singleValue'])
  mode: 'json' | 'singleValue' = 'json';

  @IsInt()
  @Min(1)
  @Max(MINUTES_2)
  timeoutMs = 5000;

  @IsInt()
  @Min(1)
  @Max(MAX_BYTES)
  maxBytes = MIB;

  /** Takes a file that others own or may read. */
  @IsBoolean()
  allowInsecurePath = false;
}

/** … with `source: "exec"`: a program that is asked. */
export class ExecProvider {
  @IsIn(['exec'])
  source = 'exec' as const;

  @Matches(COMMAND, A_COMMAND)
  command: string;

  @IsArray()
  @ArrayMaxSize(128)
  @Matches(/^[^\0]{0,1024}$/s, { each: true, message: 'each entry must be text of at most 1024 characters' })
  args: string[] = [];

  /** For the whole run. */
  @IsInt()
  @Min(1)
  @Max(MINUTES_2)
  timeoutMs = 5000;

  /** How long it may say nothing; as `timeoutMs` unless set. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MINUTES_2)
  noOutputTimeoutMs?: number;

  /** Of both outputs together. */
  @IsInt()
  @Min(1)
  @Max(MAX_BYTES)
  maxOutputBytes = MIB;

  /** `true`: the answer is JSON of the protocol. `false`: one id may be answered by its bare value. Unset: either. */
  @IsOptional()
  @IsBoolean()
  jsonOnly?: boolean;

  /** Variables that it gets beside `passEnv`, as they stand here. */
  @Setting({ hidden: true })
  @VariableMap()
  env: Record<string, string> = {};

  /** Variables of ours that it gets. No other, PATH and HOME neither. */
  @IsArray()
  @ArrayMaxSize(128)
  @Matches(VARIABLE, VARIABLES)
  passEnv: string[] = [];

  /** Directories of which the program's real path must be in one. Empty: anywhere. */
  @IsArray()
  @ArrayMaxSize(64)
  @Matches(PATH, DIRECTORIES)
  trustedDirs: string[] = [];

  /** Takes a program that others own or may change. */
  @IsBoolean()
  allowInsecurePath = false;

  /** Takes a symbolic link, such as those of Homebrew. */
  @IsBoolean()
  allowSymlinkCommand = false;
}

/** What says none of the three. */
class NoProvider {
  @IsIn(SOURCES)
  source: SourceName;
}

export type ProviderSettings = EnvProvider | FileProvider | ExecProvider;

const CLASSES: ReadonlyMap<unknown, new () => ProviderSettings | NoProvider> = new Map<
  string,
  new () => ProviderSettings
>([
  ['env', EnvProvider],
  ['file', FileProvider],
  ['exec', ExecProvider],
]);

const classOf = (entry: unknown): new () => ProviderSettings | NoProvider =>
  CLASSES.get((entry as { source?: unknown } | null | undefined)?.source) ?? NoProvider;

/** Who keeps secrets for us (reference A.6). */
@Settings('secrets')
export class SecretsSettings {
  @MapOf(classOf, { pattern: ALIAS, rule: ALIAS_RULE })
  providers: Record<string, ProviderSettings> = {};
}
