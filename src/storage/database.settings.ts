import { IsIn, IsInt, IsOptional, Matches, Max, Min, Validate, ValidateIf } from 'class-validator';
import { Setting, Settings } from '../config/settings.js';
import { PostgresUrl } from './database.rules.js';

export const DATABASE_MODES = ['auto', 'embedded', 'postgres', 'none'] as const;
export type DatabaseMode = (typeof DATABASE_MODES)[number];

/** Where rows are kept. */
@Settings('database')
export class DatabaseSettings {
  /** `auto`: PostgreSQL when there is a URL, else the embedded one in the state directory. `none`: no rows at all. */
  @Setting({ env: 'DATABASE_MODE' })
  @IsIn(DATABASE_MODES)
  mode: DatabaseMode = 'auto';

  /** Needed with `mode: "postgres"`. DATABASE_URL is read without our prefix too, as hosting platforms set it. */
  @Setting({ env: '!DATABASE_URL', secret: true })
  @ValidateIf((settings: DatabaseSettings) => settings.mode === 'postgres' || settings.url !== undefined)
  @Validate(PostgresUrl)
  url?: string;

  /**
   * What secrets in rows are sealed with: 32 bytes as 64 hex characters, the same for every replica. Unset: the file
   * `encryption-key` in the state directory, made when it is needed.
   */
  @Setting({ env: 'ENCRYPTION_KEY', secret: true })
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/i, { message: 'must be 64 hex characters: make one with `openssl rand -hex 32`' })
  encryptionKey?: string;

  /** Connections to PostgreSQL per gateway, beside one for change notices. */
  @Setting({ env: 'DATABASE_POOL_SIZE' })
  @IsInt()
  @Min(1)
  @Max(500)
  poolSize = 10;

  /** How long a connection may take to be had, in milliseconds. */
  @IsInt()
  @Min(100)
  @Max(10_000)
  connectTimeoutMs = 2000;

  /** How long one query may take, in milliseconds. A caller waits for it, so it is short. */
  @IsInt()
  @Min(50)
  @Max(2000)
  queryTimeoutMs = 2000;
}

/** Which database that comes to: `auto` is decided by whether there is a URL. */
export function chosenMode({ mode, url }: DatabaseSettings): Exclude<DatabaseMode, 'auto'> {
  if (mode !== 'auto') return mode;
  return url === undefined ? 'embedded' : 'postgres';
}
