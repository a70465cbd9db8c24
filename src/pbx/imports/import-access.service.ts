import { Injectable } from '@nestjs/common';
import { type AuthContext } from '../../accounts/auth-context';
import { TokenStore } from '../../accounts/tokens/token-store';

/** Who started an import, or follows one, lost the right to it. */
export class AccessRevoked extends Error {
  readonly code = 'holder_gone';
}

/** Whether those who started or follow imports may still do so; an import outlives its request. */
@Injectable()
export class ImportAccess {
  constructor(private readonly tokens: TokenStore) {}

  /** @throws AccessRevoked when the token, its user or the tenant is no longer good, or may do other things */
  async require(account: AuthContext): Promise<void> {
    if (!(await this.isGood(account))) throw new AccessRevoked();
  }

  async isGood({ tokenId, scope }: AuthContext): Promise<boolean> {
    const holder = await this.tokens.stillHolder(tokenId);
    if (!holder?.tenantActive || !holder.account.permissions.has('extensions.manage')) return false;
    return JSON.stringify(holder.account.scope) === JSON.stringify(scope);
  }
}
