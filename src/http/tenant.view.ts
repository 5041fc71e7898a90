import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { TenantRecord } from '../accounts/tenants.service.js';
import { NewInvitationView } from './user.view.js';

/** A customer of the installation. */
export class TenantView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  name: string;

  @ApiProperty({ enum: ['active', 'suspended'] })
  status: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  @ApiProperty({ type: 'integer', description: 'How many people it has.' })
  users: number;

  static of({ id, name, status, createdAt, users }: TenantRecord): TenantView {
    return { id, name, status, createdAt, users };
  }
}

/** A tenant in the answer that makes it. */
export class NewTenantView extends TenantView {
  @ApiPropertyOptional({ type: NewInvitationView, description: 'Of its owner, where one was named.' })
  invitation?: NewInvitationView;
}

/** A page of tenants. */
export class TenantPageView {
  @ApiProperty({ type: [TenantView] })
  items: readonly TenantView[];

  @ApiProperty({ type: String, nullable: true, description: 'Where the next page begins; null on the last one.' })
  nextCursor: string | null;
}
