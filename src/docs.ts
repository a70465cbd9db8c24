import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { version } from '../package.json';

/** The OpenAPI document, generated from the DTOs: /docs for people, /docs/openapi.json for programs. */
export function serveDocs(app: NestFastifyApplication): void {
  const description = [
    'Tenants, extensions and caller IDs for FreeSWITCH.',
    'A list answers with current_page, data, last_page, per_page and total; everything else with data.',
    "Fields that an endpoint does not know are ignored; '' means null where null may be sent.",
  ].join(' ');
  const config = new DocumentBuilder()
    .setTitle('Dialplane')
    .setDescription(description)
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A token `<id>|<secret>`.' })
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
  });
}
