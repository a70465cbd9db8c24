import type { Directory } from './directory';
import type { DirectoryUser, Pair } from './directory-xml';
import { a1Hash, digestResponse, newChallenge } from './digest';
import type { EventHeaders } from './events';
import { expireHeaders, type Row } from './registration-table';

/** A phone's REGISTER, after it was challenged. */
export interface Phone {
  user: string;
  domain: string;
  password: string;
  profile?: string;
  /** The contact's URI. */
  contact?: string;
  callId?: string;
  userAgent?: string;
  /** Seconds; 0 takes the contact off. */
  expires?: number;
  networkIp?: string;
  /** Such as `Registered(WSS-NAT)`. */
  status?: string;
}

export interface RegisterAnswer {
  status: 200 | 403;
  callId: string;
  contact: string;
}

interface Request extends Required<Phone> {
  networkPort: string;
}

const REGISTER_ORIGIN = { file: 'sofia_reg.c', function: 'sofia_reg_handle_register_token' };
const EXPIRE_ORIGIN = { file: 'sofia_reg.c', function: 'sofia_reg_del_callback', line: 726 };
const DISCONNECT_ORIGIN = { file: 'sofia.c', function: 'our_sofia_event_callback', line: 2080 };
const PING_ORIGIN = {
  file: 'sofia_reg.c',
  function: 'sofia_reg_fire_custom_sip_user_state_event',
  line: 179,
};
const AUTH_ORIGIN = { file: 'sofia_reg.c', function: 'sofia_reg_parse_auth', line: 3124 };
/** sip-expires-late-margin: FreeSWITCH keeps a contact so much longer than the phone asked for. */
const LATE_MARGIN_S = 60;
const TRUE = ['yes', 'on', 'true', 't', 'enabled', 'active', 'allow'];
const switchTrue = (value: string): boolean => TRUE.includes(value.toLowerCase()) || Number(value) > 0;

const forcedName = (user: DirectoryUser): string | undefined =>
  user.params.find(([name]) => name === 'sip-force-extension')?.[1];

/** mod_sofia's registrations: a table for each profile, and the core's own list beside them. */
export class Registrar {
  readonly #profiles: Map<string, Row[]>;
  /** What `show registrations` lists: a kick leaves it as it is. */
  #core: { profile: string; row: Row }[] = [];
  #phones = 0;

  constructor(
    profiles: readonly string[],
    private readonly directory: Directory,
    private readonly headers: EventHeaders,
    private readonly now: () => number,
    private readonly emit: (event: Pair[]) => void,
  ) {
    this.#profiles = new Map(profiles.map((profile) => [profile, []]));
  }

  get profiles(): string[] {
    return [...this.#profiles.keys()];
  }

  get core(): readonly { profile: string; row: Row }[] {
    return this.#core;
  }

  /** A profile's rows, or null when there is no such profile. */
  rows(profile: string): readonly Row[] | null {
    return this.#profiles.get(profile) ?? null;
  }

  async register(phone: Phone): Promise<RegisterAnswer> {
    this.#phones += 1;
    const port = String(6000 + this.#phones);
    const request: Request = {
      profile: 'internal',
      contact: `sip:${phone.user}@127.0.0.1:${port};transport=UDP`,
      callId: `${this.#phones}-9393@127.0.0.1`,
      userAgent: 'LabPhone/1.0',
      expires: 600,
      networkIp: '127.0.0.1',
      status: 'Registered(UDP)',
      ...phone,
      networkPort: port,
    };
    this.#rowsOf(request.profile);
    const user = await this.#authenticate(request);
    if (!user) this.#refuse(request);
    else if (request.expires === 0) this.#unregister(request, user);
    else this.#store(request, user);
    return { status: user ? 200 : 403, callId: request.callId, contact: request.contact };
  }

  /** Drops the rows as a kick does; what ran out says so. */
  drop(profile: string, gone: (row: Row) => boolean, ranOut = false): void {
    const rows = this.#rowsOf(profile);
    this.#profiles.set(
      profile,
      rows.filter((row) => !gone(row)),
    );
    for (const row of rows.filter(gone)) {
      const expires = ranOut ? Math.floor(this.now() / 1000) : row.expires;
      const headers = expireHeaders(profile, { ...row, expires });
      this.emit(this.headers.custom('sofia::expire', EXPIRE_ORIGIN, headers));
    }
  }

  /** Lets contacts run out, in the core's list as well. */
  expire(profile: string, gone: (row: Row) => boolean): void {
    this.#core = this.#core.filter((entry) => entry.profile !== profile || !gone(entry.row));
    this.drop(profile, gone, true);
  }

  /** The contacts' sockets are closed: WS and WSS go at once. */
  disconnect(profile: string, gone: (row: Row) => boolean): void {
    const rows = this.#rowsOf(profile);
    this.#profiles.set(
      profile,
      rows.filter((row) => !gone(row)),
    );
    for (const { user, host, callId } of rows.filter(gone)) {
      const headers: Pair[] = [
        ['profile-name', profile],
        ['from-user', user],
        ['from-host', host],
        ['call-id', callId],
        ['rpid', 'unknown'],
        ['reason', 'socket-disconnection'],
      ];
      this.emit(this.headers.custom('sofia::unregister', DISCONNECT_ORIGIN, headers));
    }
  }

  /** The contacts answered OPTIONS, or did not. */
  ping(profile: string, pinged: (row: Row) => boolean, status: string): void {
    for (const row of this.#rowsOf(profile).filter(pinged)) {
      row.ping = { reachable: status === '200' || status === '486', ms: 3 };
      const headers: Pair[] = [
        ['sip_contact', row.contact],
        ['profile-name', profile],
        ['sip_user', `${row.user}@${row.host}`],
        ['from-user', row.user],
        ['from-host', row.host],
        ['call-id', row.callId],
        // It is fired with the two the wrong way round.
        ['Ping-Status', row.ping.reachable ? 'UNREACHABLE' : 'REACHABLE'],
        ['Status', status],
      ];
      this.emit(this.headers.custom('sofia::sip_user_state', PING_ORIGIN, headers));
    }
  }

  #rowsOf(profile: string): Row[] {
    const rows = this.#profiles.get(profile);
    if (!rows) throw new Error(`the fake has no profile ${profile}`);
    return rows;
  }

  /** sofia_reg_parse_auth: the user when the phone may come in, else null. */
  async #authenticate(request: Request): Promise<DirectoryUser | null> {
    const { user, domain } = request;
    const challenge = newChallenge();
    const response = digestResponse(a1Hash(user, domain, request.password), challenge);
    const params: Pair[] = [
      ['action', 'sip_auth'],
      ['sip_profile', request.profile],
      ['sip_user_agent', request.userAgent],
      ['sip_auth_username', user],
      ['sip_auth_realm', domain],
      ['sip_auth_nonce', challenge.nonce],
      ['sip_auth_uri', challenge.uri],
      ['sip_contact_user', user],
      ['sip_contact_host', request.networkIp],
      ['sip_to_user', user],
      ['sip_to_host', domain],
      ['sip_via_protocol', 'udp'],
      ['sip_from_user', user],
      ['sip_from_host', domain],
      ['sip_call_id', request.callId],
      ['sip_request_host', domain],
      ['sip_auth_qop', challenge.qop],
      ['sip_auth_cnonce', challenge.cnonce],
      ['sip_auth_nc', challenge.nc],
      ['sip_auth_response', response],
      ['sip_auth_method', challenge.method],
      ['client_port', request.networkPort],
      ['ip', request.networkIp],
    ];
    const found = await this.directory.locate(user, domain, AUTH_ORIGIN, params);
    if (!found || found.type?.toLowerCase() === 'pointer') return null;
    const param = (name: string): string | undefined =>
      found.params.findLast(([each]) => each.toLowerCase() === name)?.[1];
    if (switchTrue(param('sip-forbid-register') ?? '0')) return null;
    const password = param('password');
    const a1 = param('a1-hash');
    // Neither a password nor a hash: FreeSWITCH lets the phone in unless it is told not to.
    if (!password && !a1) return switchTrue(param('allow-empty-password') ?? 'true') ? found : null;
    const expected = digestResponse(a1 ?? a1Hash(user, domain, password ?? ''), challenge);
    return expected === response ? found : null;
  }

  #store(request: Request, user: DirectoryUser): void {
    const row = this.#row(request, user);
    const rows = this.#rowsOf(request.profile);
    const others = rows.filter((each) => each.contact !== row.contact);
    // A refresh leaves what the first REGISTER and the last ping said.
    const { status, agent, ping } =
      rows.find((each) => each.contact === row.contact && each.user === row.user) ?? row;
    this.#profiles.set(request.profile, [
      ...others,
      { ...row, agent, ...(status && { status }), ...(ping && { ping }) },
    ]);
    this.#core = this.#core.filter((entry) => entry.row.contact !== row.contact);
    this.#core.push({ profile: request.profile, row });
    this.#attempt(request, 'RENEWED');
    this.#emit('sofia::register', 2059, [
      ['profile-name', request.profile],
      ['from-user', row.user],
      ['from-host', row.host],
      ['presence-hosts', 'n/a'],
      ...this.#about(request),
      ...(others.length < rows.length ? ([['update-reg', 'true']] satisfies Pair[]) : []),
      ...row.extra,
    ]);
  }

  #row(request: Request, user: DirectoryUser): Row {
    return {
      callId: request.callId,
      user: forcedName(user) ?? request.user,
      host: request.domain,
      contact: `"" <${request.contact}>`,
      agent: request.userAgent,
      expires: Math.floor(this.now() / 1000) + request.expires + LATE_MARGIN_S,
      networkIp: request.networkIp,
      networkPort: request.networkPort,
      authUser: request.user,
      authRealm: request.domain,
      status: request.status,
      extra: [
        ['sip_number_alias', user.numberAlias ?? request.user],
        ['sip_auth_username', request.user],
        ['sip_auth_realm', request.domain],
        ['number_alias', user.numberAlias ?? request.user],
        ['user_name', request.user],
        ['domain_name', request.domain],
        ...user.variables,
      ],
    };
  }

  #unregister(request: Request, user: DirectoryUser): void {
    const row = this.#row(request, user);
    const gone = (each: Row): boolean =>
      each.user === row.user && each.host === row.host && each.contact === row.contact;
    this.#profiles.set(
      request.profile,
      this.#rowsOf(request.profile).filter((each) => !gone(each)),
    );
    this.#core = this.#core.filter((entry) => !gone(entry.row));
    this.#attempt(request, 'RENEWED');
    this.#emit('sofia::unregister', 2213, [
      ['profile-name', request.profile],
      ['username', row.authUser],
      ['from-user', row.user],
      ['from-host', row.host],
      ['contact', row.contact],
      ['call-id', row.callId],
      ['rpid', 'unknown'],
      ['realm', row.authRealm],
      ['network-ip', row.networkIp],
      ['network-port', row.networkPort],
      ['user-agent', row.agent],
      ['expires', '0'],
      ...row.extra,
    ]);
  }

  #refuse(request: Request): void {
    this.#attempt(request, 'FORBIDDEN');
    this.#emit('sofia::register_failure', 1792, [
      ['profile-name', request.profile],
      ['to-user', request.user],
      ['to-host', request.domain],
      ['network-ip', request.networkIp],
      ['user-agent', request.userAgent],
      ['profile-name', request.profile],
      ['network-port', request.networkPort],
      ['registration-type', 'REGISTER'],
    ]);
  }

  #attempt(request: Request, result: 'RENEWED' | 'FORBIDDEN'): void {
    this.#emit('sofia::register_attempt', 1606, [
      ['profile-name', request.profile],
      ['from-user', request.user],
      ['from-host', request.domain],
      ...this.#about(request),
      ['auth-result', result],
    ]);
  }

  #about(request: Request): Pair[] {
    return [
      ['contact', `"" <${request.contact}>`],
      ['call-id', request.callId],
      ['rpid', 'unknown'],
      ['status', request.status],
      ['expires', String(request.expires)],
      ['to-user', request.user],
      ['to-host', request.domain],
      ['network-ip', request.networkIp],
      ['network-port', request.networkPort],
      ['username', request.user],
      ['realm', request.domain],
      ['user-agent', request.userAgent],
    ];
  }

  #emit(subclass: string, line: number, headers: Pair[]): void {
    this.emit(this.headers.custom(subclass, { ...REGISTER_ORIGIN, line }, headers));
  }
}
