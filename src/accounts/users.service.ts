import { Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import { Database } from '../storage/database.js';
import { User, type UserRole } from '../storage/entities/user.js';

/** People and what they may do. */
@Injectable()
export class UsersService {
  constructor(private readonly database: Database) {}

  /** The user with this e-mail address in the tenant, or Refused('not_found'). */
  async find(email: string, tenantId: string): Promise<User> {
    const user = await this.database.repository(User).findOneBy({ email: email.toLowerCase(), tenantId });
    if (!user) throw new Refused('not_found', { message: `no user ${email} in this tenant; name a role to make one` });
    return user;
  }

  /** That user, made with `role` where there is none yet. An existing user keeps its role. */
  async findOrCreate(email: string, role: UserRole, tenantId: string): Promise<User> {
    // Nothing is written for a user who is there: a change of a user, even to the same, ends what they have open.
    await this.database.query(
      `INSERT INTO users (tenant_id, email, role) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING`,
      [tenantId, email.toLowerCase(), role],
    );
    const user = await this.database.repository(User).findOneBy({ email: email.toLowerCase(), tenantId });
    // Taken in another tenant: said in the words for "cannot be", which tell nothing of who has it.
    if (!user) throw new Refused('conflict', { message: 'this e-mail address cannot be used here' });
    return user;
  }
}
