import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Unauthenticated } from '../../core/errors';
import { XmlCurlCredentials } from './xml-curl-credentials';

/** Lets in who brings FreeSWITCH's credentials. */
@Injectable()
export class XmlCurlGuard implements CanActivate {
  constructor(private readonly credentials: XmlCurlCredentials) {}

  /** @throws Unauthenticated */
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    if (this.credentials.admit(http.getRequest<FastifyRequest>().headers.authorization)) return true;
    void http.getResponse<FastifyReply>().header('WWW-Authenticate', 'Basic realm="freeswitch"');
    throw new Unauthenticated();
  }
}
