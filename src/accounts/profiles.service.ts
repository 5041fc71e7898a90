import { Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import { Database } from '../storage/database.js';
import type { Account } from './account.js';
import { type Person, readPerson } from './person.js';

/** People as they see themselves. */
@Injectable()
export class ProfilesService {
  constructor(private readonly database: Database) {}

  /** The person of a sign-in. Rejects with Refused('token_revoked') when they are no more. */
  async find({ userId, tenantId }: Pick<Account, 'userId' | 'tenantId'>): Promise<Person> {
    const person = await this.database.asTenant(tenantId, (manager) => readPerson(userId, manager));
    if (!person) throw new Refused('token_revoked');
    return person;
  }
}
