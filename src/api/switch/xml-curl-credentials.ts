import { Injectable } from '@nestjs/common';
import { secretMatcher } from '../../core/same-secret';
import { InstallationSecrets } from '../../platform/config/secret-files';
import { Settings } from '../../platform/config/settings';

/** The HTTP Basic pair that FreeSWITCH's xml_curl binding is given. */
@Injectable()
export class XmlCurlCredentials {
  private readonly matches: (given: string) => boolean;

  constructor(settings: Settings, secrets: InstallationSecrets) {
    const pair = `${settings.XML_CURL_USERNAME}:${secrets.xmlCurlPassword}`;
    this.matches = secretMatcher(`Basic ${Buffer.from(pair, 'utf8').toString('base64')}`);
  }

  /** Whether an Authorization header brings the pair; in a time that tells nothing of it. */
  admit(authorization: string | undefined): boolean {
    return authorization !== undefined && this.matches(authorization);
  }
}
