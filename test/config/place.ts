import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Max, Min, MinLength } from 'class-validator';
import { ConfigError } from '../../src/config/config-error.js';
import { Environment } from '../../src/config/environment.js';
import { GatewaySettings } from '../../src/config/gateway.settings.js';
import { loadConfig, type LoadedConfig, type LoadRequest } from '../../src/config/load.js';
import { Setting, Settings } from '../../src/config/settings.js';

/** A part as others write them, sharing its path with the next. */
@Settings('gateway.auth')
export class ModeSettings {
  @Setting({ env: 'GATEWAY_AUTH_MODE' })
  @IsOptional()
  @IsIn(['none', 'token', 'password'])
  mode?: 'none' | 'token' | 'password';

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  allowUsers?: string[];

  @IsObject()
  grants: Record<string, string[]> = {};
}

@Settings('gateway.auth')
export class KeySettings {
  @Setting({ env: 'GATEWAY_TOKEN', secret: true })
  @IsOptional()
  @IsString()
  @MinLength(16)
  token?: string;

  @Setting({ secret: true })
  @IsOptional()
  @IsString()
  password?: string;
}

@Settings('gateway.auth.rateLimit')
export class LimitSettings {
  @Setting({ env: 'GATEWAY_RATE_LIMIT' })
  @IsInt()
  @Min(1)
  @Max(1000)
  maxAttempts = 20;

  @Setting({ env: 'GATEWAY_RATE_LIMIT_STRICT' })
  @IsBoolean()
  strict = false;
}

@Settings('database')
export class StoreSettings {
  @Setting({ env: '!DATABASE_URL', secret: true })
  @IsOptional()
  @IsString()
  url?: string;
}

export const PARTS = [GatewaySettings, ModeSettings, KeySettings, LimitSettings, StoreSettings];

type Request = Partial<Omit<LoadRequest, 'env'>>;

/** A home of its own on the disk, and a gateway's configuration read from it. */
export class Place {
  readonly home = mkdtempSync(join(tmpdir(), 'doorward-config-'));
  readonly state = join(this.home, '.doorward');

  /** Writes files by their path below the home; text that is no string becomes JSON. */
  write(files: Readonly<Record<string, unknown>>): this {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.home, name);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
      chmodSync(path, 0o600);
    }
    return this;
  }

  config(content: unknown): this {
    return this.write({ '.doorward/doorward.json5': content });
  }

  environment(variables: Readonly<Record<string, string>> = {}): Environment {
    return new Environment({ HOME: this.home, ...variables });
  }

  load(variables: Readonly<Record<string, string>> = {}, request: Request = {}): Promise<LoadedConfig> {
    return loadConfig({ env: this.environment(variables), settings: PARTS, ...request });
  }

  /** The error of a load that must fail, as `path: message` lines. */
  async refusal(variables: Readonly<Record<string, string>> = {}, request: Request = {}): Promise<string[]> {
    const error: unknown = await this.load(variables, request).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ConfigError)) throw new Error(`expected a ConfigError, got ${String(error)}`);
    return error.errors.map(({ path, message }) => `${path}: ${message}`);
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
