import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ConfigService } from '../../config/config.service.js';
import { digest } from '../../kernel/crypto.js';
import { Database } from '../../storage/database.js';
import { AccountsSettings } from '../accounts.settings.js';
import { somebodySignedUp } from './registration-rows.js';

/** Figures and letters that nobody takes for another. 20 of them are 99 bits. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
const LENGTH = 20;

/** Starts in a loop must not fill the table; each code is good as long as it is among the newest. */
const KEPT = 50;

const FORGET = `
  DELETE FROM setup_codes WHERE code_digest NOT IN (
    SELECT code_digest FROM setup_codes ORDER BY created_at DESC LIMIT ${KEPT - 1})`;

/**
 * The code that is printed at the start while nobody has signed up: whoever can read the operator's screen becomes the
 * first owner (contract section 6). It is in the rows as a digest, so that any replica takes what another one printed.
 */
@Injectable()
export class SetupCodes {
  constructor(
    private readonly database: Database,
    private readonly config: ConfigService,
  ) {}

  /** A new code, where one is of use: undefined once somebody has signed up, and in the other registration modes. */
  async offer(): Promise<string | undefined> {
    if (this.config.current.get(AccountsSettings).registration !== 'first-user') return undefined;
    return this.database.transaction(async (manager) => {
      if (await somebodySignedUp(manager)) return undefined;
      const code = newSetupCode();
      await manager.query(FORGET);
      await manager.query(`INSERT INTO setup_codes (code_digest) VALUES ($1)`, [digest(bare(code))]);
      return code;
    });
  }

  /** Whether a code is one of those that were printed. */
  async isGood(code: string, manager: EntityManager): Promise<boolean> {
    const found = await manager.query<unknown[]>(`SELECT 1 FROM setup_codes WHERE code_digest = $1`, [
      digest(bare(code)),
    ]);
    return found.length > 0;
  }

  /** Ends them all: there is an owner. */
  async end(manager: EntityManager): Promise<void> {
    await manager.query(`DELETE FROM setup_codes`);
  }
}

/** `ABCDE-FGHJK-MNPQR-STVWX` */
function newSetupCode(): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return letters.match(/.{5}/g)!.join('-');
}

/** However somebody types it. */
const bare = (code: string): string => code.toUpperCase().replace(/[^A-Z0-9]/g, '');
