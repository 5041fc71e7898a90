import { Readable } from 'node:stream';
import { Controller, Get, Query, Req, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { workingIn } from '../accounts/people/acting.js';
import { AuditReader } from '../audit/audit-reader.js';
import type { AuditFilter, AuditRecord } from '../audit/audit-record.js';
import { AuditService } from '../audit/audit.service.js';
import { AuditVerification } from '../audit/audit-verification.js';
import { Caller, Needs } from '../auth/decorators.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { AuditQuery, AuditTenantQuery, cursorOf, placeOf } from './audit.query.js';
import { AuditEventView, AuditPageView, AuditVerdictView } from './audit.view.js';

/** What happened: read, taken away, verified. A tenant's admin sees the own tenant's rows, the house all. */
@ApiTags('audit')
@Controller('api/v1/audit')
export class AuditController {
  constructor(
    private readonly reader: AuditReader,
    private readonly verification: AuditVerification,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @Needs('operator.admin')
  @ApiOperation({ summary: 'What happened, newest first; with format=ndjson all of it, in the order of the chain' })
  @ApiOkResponse({ type: AuditPageView })
  async list(
    @Query() { tenant, limit, cursor, format, ...filter }: AuditQuery,
    @Caller() caller: Identity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<AuditPageView | StreamableFile> {
    const tenantId = tenantOf(caller, tenant);
    if (format === 'json') {
      const rows = await this.reader.page(tenantId, filter, limit + 1, cursor === undefined ? cursor : placeOf(cursor));
      const items = rows.slice(0, limit).map((record) => AuditEventView.of(record));
      return { items, nextCursor: rows.length > limit ? cursorOf(items.at(-1)!) : null };
    }

    const rows = this.reader.rows(tenantId, filter);
    // Before the answer begins: a database that is away is a 503, and no export that breaks off.
    const first = await rows.next();
    this.note(filter, tenantId, caller, requestId);
    return new StreamableFile(Readable.from(linesOf(first, rows), { objectMode: false }), {
      type: 'application/x-ndjson; charset=utf-8',
      disposition: 'attachment; filename="doorward-audit.ndjson"',
    });
  }

  @Get('verify')
  @Needs('operator.admin')
  @ApiOperation({ summary: 'Read every row and find those that were changed, taken out or put in' })
  @ApiOkResponse({ type: AuditVerdictView })
  async verify(@Query() { tenant }: AuditTenantQuery, @Caller() caller: Identity): Promise<AuditVerdictView> {
    return AuditVerdictView.of(await this.verification.verify(tenantOf(caller, tenant)));
  }

  /** Who takes it away is part of it. */
  private note(filter: AuditFilter, tenantId: string | undefined, caller: Identity, requestId: string): void {
    const actor = `${caller.method}:${caller.subject}`;
    const whose = tenantId === caller.tenantId ? {} : { tenant: tenantId ?? 'all' };
    const detail = { ...filter, ...whose };
    this.audit.note({ tenantId: caller.tenantId, actor, action: 'audit.exported', requestId, detail });
  }
}

/** The tenant that is meant; undefined for all. Throws Refused('not_found') for one that is not the caller's. */
function tenantOf(caller: Identity, named: string | undefined): string | undefined {
  const isHouse = caller.tenantId === HOUSE_TENANT;
  return named === undefined && isHouse ? undefined : workingIn(caller, named);
}

/** A row in each line. Who stops reading stops the rows. */
async function* linesOf(
  first: IteratorResult<AuditRecord[], void>,
  rows: AsyncGenerator<AuditRecord[], void>,
): AsyncGenerator<string> {
  try {
    for (let step = first; !step.done; step = await rows.next()) {
      yield step.value.map((record) => `${JSON.stringify(AuditEventView.of(record))}\n`).join('');
    }
  } finally {
    await rows.return();
  }
}
