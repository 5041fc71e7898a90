import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsHouse } from '../auth/decorators.js';
import { type FailingSource, FailureStorage } from '../auth/failures/failure-storage.js';
import { RateLimitSettings } from '../auth/rate-limit.settings.js';
import { ConfigService } from '../config/config.service.js';
import { Refused } from '../kernel/errors.js';
import { canonicalAddress, sourceKey } from '../kernel/net.js';

/** Who has shown wrong credentials lately, and the way to forgive them. */
@ApiTags('authentication')
@Controller('api/v1/rate-limits')
export class RateLimitsController {
  constructor(
    private readonly failures: FailureStorage,
    private readonly config: ConfigService,
  ) {}

  @Get()
  @NeedsHouse('operator.admin')
  @ApiOperation({ summary: 'Addresses with failed attempts in the window, and those that are blocked' })
  async list(): Promise<{ items: FailingSource[]; nextCursor: null }> {
    return { items: await this.failures.list(this.config.current.get(RateLimitSettings)), nextCursor: null };
  }

  @Delete(':address')
  @NeedsHouse('operator.admin')
  @HttpCode(204)
  @ApiOperation({
    summary:
      'Forget the failures of an address (IPv4, or IPv6 with its /64), or of `account:<e-mail>`, and let it try again',
  })
  async forgive(@Param('address') address: string): Promise<void> {
    await this.failures.reset(sourceOf(address));
  }
}

/** What is counted beside addresses: guesses at one person's password, letters that one address asks for. */
const COUNTED_BESIDE = /^(account|mail):[\x21-\x7e]{1,300}$/;

function sourceOf(text: string): string {
  if (COUNTED_BESIDE.test(text)) return text;
  const address = canonicalAddress(text.replace(/\/64$/, ''));
  if (address === undefined && text !== 'unknown') {
    const fields = [{ path: 'address', message: 'must be an IPv4 or IPv6 address, or "unknown"' }];
    throw new Refused('invalid_request', { message: 'address: must be an IPv4 or IPv6 address, or "unknown"', fields });
  }
  return sourceKey(address);
}
