import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { DirectoryService } from '../../../nodes/directory/directory.service';
import { withoutSecrets } from '../../../nodes/directory/user-xml';
import { findExtension } from '../../../accounts/scope/extension-queries';
import { DiagnosisAnswer, mapDiagnosis } from './diagnosis.dto';
import { DiagnosisService } from '../../../nodes/diagnosis/diagnosis.service';

const NUMBER = { name: 'ext', description: 'The extension number.', example: '1001' };

const XML = [
  '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
  '<document type="freeswitch/xml"><section name="directory"><domain name="pbx.local"><user id="1001">',
  '<params><param name="a1-hash" value="********"/></params>',
  '<variables><variable name="user_context" value="default"/></variables>',
  '</user></domain></section></document>',
].join('');

@ApiTags('Diagnosis')
@Controller('api/pbx/extensions/:ext')
export class DiagnosisController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly diagnosis: DiagnosisService,
    private readonly directory: DirectoryService,
  ) {}

  @RequirePermission('extensions.read')
  @Get('diagnosis')
  @ApiOperation({
    operationId: 'diagnoseExtension',
    summary: 'Diagnose why an extension cannot register, and what to do about it',
    description: 'Also for a number that is deleted or never existed: the verdict then says so.',
  })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: DiagnosisAnswer })
  @ApiErrors(401, 403, 404)
  async diagnose(
    @CurrentAuth() account: AuthContext,
    @Param('ext') number: string,
  ): Promise<DiagnosisAnswer> {
    return { data: mapDiagnosis(await this.diagnosis.factsOf(account, number)) };
  }

  @RequirePermission('extensions.read')
  @Get('directory')
  @ApiOperation({
    operationId: 'getDirectoryXml',
    summary: 'Show the XML that FreeSWITCH gets for an extension, with secrets masked',
    description: 'For a disabled extension that is "not found".',
  })
  @ApiParam(NUMBER)
  @ApiOkResponse({
    description: 'As it is now.',
    content: { 'text/xml': { schema: { type: 'string', example: XML } } },
  })
  @ApiErrors(401, 403, 404)
  async xml(
    @CurrentAuth() account: AuthContext,
    @Param('ext') number: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    await findExtension(this.dataSource.manager, account, number);
    const { xml } = await this.directory.answer({
      kind: 'user',
      number,
      domain: account.domain,
      realm: account.domain,
      unencrypted: false,
    });
    void reply.header('Content-Type', 'text/xml; charset=utf-8');
    return withoutSecrets(xml);
  }
}
