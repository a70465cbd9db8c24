import { Injectable } from '@nestjs/common';
import { type AccountOf } from '../../accounts/auth-context';
import { TokensService } from '../../accounts/tokens/token-store';

/** Who started an import, or follows one, lost the right to it. */
export class HolderGone extends Error {
  readonly code = 'holder_gone';
}

/** Whether those who started or follow imports may still do so; an import outlives its request. */
@Injectable()
export class ImportHolders {
  constructor(private readonly tokens: TokensService) {}

  /** @throws HolderGone when the token, its user or the tenant is no longer good, or may do other things */
  async require(account: AccountOf): Promise<void> {
    if (!(await this.isGood(account))) throw new HolderGone();
  }

  async isGood({ tokenId, scope }: AccountOf): Promise<boolean> {
    const holder = await this.tokens.stillHolder(tokenId);
    if (!holder?.tenantActive || !holder.account.permissions.has('extensions.manage')) return false;
    return JSON.stringify(holder.account.scope) === JSON.stringify(scope);
  }
}
