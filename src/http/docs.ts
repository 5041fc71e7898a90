import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ErrorView } from './error.view.js';

/** The paths of the documentation: for whoever may read, not for strangers (S201). */
export const DOCS_PATHS = ['/docs', '/openapi.json'] as const;

/** Serves OpenAPI 3.1 at /openapi.json and a page to try it at /docs. The document is made when first asked for. */
export function documentApi(app: NestFastifyApplication, version: string): void {
  let document: OpenAPIObject | undefined;
  SwaggerModule.setup('docs', app, () => (document ??= describe(app, version)), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Doorward API',
  });
}

function describe(app: NestFastifyApplication, version: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Doorward')
    .setDescription('The front door of a fleet of AI agents: who may come in, and what they may do.')
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'opaque' })
    .addSecurityRequirements('bearer')
    .addGlobalResponse({ status: 'default', description: 'What went wrong, with its code', type: ErrorView });
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory: (_controller, method) => method,
  });
  for (const [path, { post }] of Object.entries(document.paths)) {
    if (post && !path.startsWith('/v1/')) post.parameters = [...(post.parameters ?? []), IDEMPOTENCY_KEY];
  }
  return document;
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key with the same request gets the same answer again, for 24 hours; nothing is done twice.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
} as const;
