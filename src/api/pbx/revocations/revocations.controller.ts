import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { page, PageQuery, rowsOf } from '../../edge/page';
import { Conflict } from '../../../core/errors';
import { DEVICE_ID } from '../../../freeswitch/device-id';
import { KicksService, NotEndedAlone } from '../../../nodes/revocations/kicks.service';
import { mapNode, mapReceipt, ReceiptPage, UnregisteredAnswer } from './receipts.dto';
import { ReceiptsService } from '../../../nodes/revocations/receipts.service';

const NUMBER = { name: 'ext', description: 'The extension number.', example: '1001' };
const DEVICE = {
  name: 'device',
  description: "A device's id.",
  schema: { type: 'string', pattern: DEVICE_ID.source },
};

@ApiTags('Extensions')
@Controller('api/pbx/extensions/:ext')
export class RevocationsController {
  constructor(
    private readonly receipts: ReceiptsService,
    private readonly kicks: KicksService,
  ) {}

  @RequirePermission('extensions.read')
  @Get('revocations')
  @ApiOperation({
    summary:
      'List receipts: what each node did after a change, or still has to do; kept for 90 days, also for deleted extensions',
  })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: ReceiptPage })
  @ApiErrors(401, 403, 404, 422)
  async list(
    @CurrentAuth() account: AuthContext,
    @Param('ext') number: string,
    @Query() query: PageQuery,
  ): Promise<ReceiptPage> {
    const [receipts, total] = await this.receipts.list(account, number, rowsOf(query));
    return page(query, receipts.map(mapReceipt), total);
  }

  @RequirePermission('extensions.operate')
  @Delete('registration')
  @ApiOperation({
    operationId: 'kickExtension',
    summary: 'Disconnect every phone of an extension; they may register again',
  })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: UnregisteredAnswer })
  @ApiErrors(401, 403, 404)
  async kick(@CurrentAuth() account: AuthContext, @Param('ext') number: string): Promise<UnregisteredAnswer> {
    return this.answer(account, number);
  }

  @RequirePermission('extensions.operate')
  @Delete('registration/:device')
  @ApiOperation({ summary: 'Disconnect one phone of an extension; it may register again' })
  @ApiParam(NUMBER)
  @ApiParam(DEVICE)
  @ApiOkResponse({ type: UnregisteredAnswer })
  @ApiErrors(401, 403, 404, 409)
  async kickDevice(
    @CurrentAuth() account: AuthContext,
    @Param('ext') number: string,
    @Param('device') device: string,
  ): Promise<UnregisteredAnswer> {
    try {
      return await this.answer(account, number, device);
    } catch (error) {
      throw error instanceof NotEndedAlone ? withAdvice(error, number) : error;
    }
  }

  private async answer(account: AuthContext, number: string, device?: string): Promise<UnregisteredAnswer> {
    const nodes = await this.kicks.kick(account, number, device);
    return { data: { unregistered: true, nodes: nodes.map(mapNode) } };
  }
}

function withAdvice({ message }: NotEndedAlone, number: string): Conflict {
  return new Conflict(
    `${message} DELETE /api/pbx/extensions/${number}/registration ends all devices of the extension.`,
  );
}
