import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { secretMatcher } from '../../core/same-secret';
import { Unauthenticated } from '../../core/errors';
import { InstallationSecrets } from '../../platform/config/secret-files';
import { Settings } from '../../platform/config/settings';

/** Lets in who brings the HTTP Basic pair that FreeSWITCH's xml_curl binding is given. */
@Injectable()
export class XmlCurlGuard implements CanActivate {
  private readonly matches: (given: string) => boolean;

  constructor(settings: Settings, secrets: InstallationSecrets) {
    const pair = `${settings.XML_CURL_USERNAME}:${secrets.xmlCurlPassword}`;
    this.matches = secretMatcher(`Basic ${Buffer.from(pair, 'utf8').toString('base64')}`);
  }

  /** @throws Unauthenticated */
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const { authorization } = http.getRequest<FastifyRequest>().headers;
    if (authorization !== undefined && this.matches(authorization)) return true;
    void http.getResponse<FastifyReply>().header('WWW-Authenticate', 'Basic realm="freeswitch"');
    throw new Unauthenticated();
  }
}
