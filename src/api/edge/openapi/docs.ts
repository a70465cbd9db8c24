import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { version } from '../../../../package.json';
import { withEveryOperation } from './every-operation';
import { withExamples } from './examples';
import { withNulls } from './nullable';
import { type Document } from './openapi';
import { operationId } from './operation-id';

/** What each of the controllers' tags is about. */
const TAGS = {
  Login: 'Log in and out, change the own password, and see what the own token may do.',
  Users: 'The people of an account.',
  Tokens: 'Tokens with which programs call the API.',
  Platform: 'The tenants of this installation.',
  Extensions:
    'Who may have a phone: extensions, their passwords, and receipts of what nodes did after a change.',
  Registrations: 'Whether phones are online, in one answer or as a stream.',
  Diagnosis: 'Why a phone cannot register.',
  'Caller IDs': 'The numbers that calls to the outside can present.',
  'Teams and departments': 'How extensions are grouped; a team is also a group that FreeSWITCH can ring.',
  Audit: 'Who changed what; a changed or missing entry is detected.',
  Health: 'For load balancers and supervisors; needs no token.',
};

const DESCRIPTION = [
  'Tenants, extensions and caller IDs for FreeSWITCH.',
  'A list returns current_page, data, last_page, per_page and total; everything else returns data.',
  'Fields that an endpoint does not know are ignored, except in an import of extensions;',
  "'' means null where null is allowed.",
].join(' ');

/** The OpenAPI document, generated from the DTOs; the app need not be started for it. */
export function documentOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Dialplane')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This Dialplane')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A token `<id>|<secret>`.' });
  for (const [name, description] of Object.entries(TAGS)) config.addTag(name, description);
  const document = SwaggerModule.createDocument(app, config.build(), { operationIdFactory: operationId });
  const whole = withEveryOperation(withNulls(document as unknown as Document));
  return withExamples(whole) as unknown as OpenAPIObject;
}

/** /docs for people, /docs/openapi.json and .yaml for programs. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => documentOf(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
  });
}
