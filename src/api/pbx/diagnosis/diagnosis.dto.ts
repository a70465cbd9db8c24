import { ApiProperty } from '@nestjs/swagger';
import { isoTime } from '../../../core/time';
import { type LookupResult, LOOKUP_RESULTS } from '../../../nodes/directory/lookup-log';
import { type Extension, EXTENSION_STATUSES } from '../../../schema/extension.entity';
import {
  ATTEMPT_RESULTS,
  type AttemptResult,
  type EndingKind,
  ENDINGS,
} from '../../../freeswitch/sofia-events';
import {
  REGISTRATION_STATES,
  type RegistrationState,
} from '../../../nodes/registrations/state/registration-state';
import { type Transport, TRANSPORTS } from '../../../nodes/registrations/state/device';
import { mapNodeChanges, mapNodes, NodesDto, NodeStateChangeDto } from '../registrations/node-states.dto';
import { type Facts, type KnownExtension } from '../../../nodes/diagnosis/facts';
import { type Count, type SeenAttempt, type SeenLookup } from '../../../nodes/diagnosis/evidence-store';
import { verdict, VERDICT_CODES, type VerdictCode } from '../../../nodes/diagnosis/verdict';

const TIME_OR_NULL = { type: 'string', format: 'date-time', nullable: true } as const;

export class VerdictDto {
  @ApiProperty({ enum: VERDICT_CODES, example: 'disabled' })
  code!: VerdictCode;

  @ApiProperty({ example: 'Extension 1001 is disabled.' })
  summary!: string;

  @ApiProperty({ example: 'PUT /api/pbx/extensions/1001 with {"status":"active"} enables it.' })
  next_step!: string;
}

export class DiagnosedExtensionDto {
  @ApiProperty({ description: 'Whether the extension exists now.' })
  exists!: boolean;

  @ApiProperty({ type: 'string', enum: [...EXTENSION_STATUSES, null], nullable: true })
  status!: Extension['status'] | null;

  @ApiProperty({ ...TIME_OR_NULL, description: 'When the last extension with this number was deleted.' })
  deleted_at!: string | null;

  @ApiProperty({ type: 'boolean', nullable: true })
  tls_enabled!: boolean | null;

  @ApiProperty(TIME_OR_NULL)
  updated_at!: string | null;
}

export class SeenLookupDto {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({
    enum: LOOKUP_RESULTS,
    description: 'What the node was answered; `error`: the database gave no answer.',
  })
  answer!: LookupResult;

  @ApiProperty({ type: 'string', nullable: true, example: 'sip_auth', description: 'Why the node asked.' })
  action!: string | null;

  @ApiProperty({ example: '192.0.2.3', description: "The node's address." })
  from!: string;
}

export class SeenAttemptDto {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ example: 'fs1' })
  node!: string;

  @ApiProperty({ example: 'internal' })
  profile!: string;

  @ApiProperty({
    enum: ATTEMPT_RESULTS,
    description:
      '`challenged`: asked for its password again. The first REGISTER, which carries no password yet, is not an attempt.',
  })
  result!: AttemptResult;

  @ApiProperty({
    type: 'string',
    enum: ['REGISTER', 'INVITE', null],
    nullable: true,
    description: 'What the phone tried to do; known of refused attempts only.',
  })
  request!: SeenAttempt['request'];

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '1001@192.0.2.1',
    description: 'The user that the phone claimed to be, if it differs from the user whose password it gave.',
  })
  asked_for!: string | null;

  @ApiProperty({ description: 'False: it was refused before FreeSWITCH checked whose password it gave.' })
  authentication_read!: boolean;

  @ApiProperty({ example: '192.0.2.7' })
  network_ip!: string;

  @ApiProperty({ type: 'integer', example: 5060 })
  network_port!: number;

  @ApiProperty({ example: 'Zoiper 5.6' })
  user_agent!: string;

  @ApiProperty({ enum: TRANSPORTS, description: 'How it arrived; `unknown` for UDP, TCP and TLS.' })
  transport!: Transport;

  @ApiProperty({ example: '192.0.2.7:5060', description: "The host of the phone's Contact." })
  contact_host!: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Seconds that the phone asked for, or those that FreeSWITCH granted it.',
  })
  expires!: number | null;
}

export class CountDto {
  @ApiProperty({ type: 'integer' })
  count!: number;

  @ApiProperty(TIME_OR_NULL)
  last_at!: string | null;
}

export class UnknownDto {
  @ApiProperty({ description: 'Lookups of numbers of this account that do not exist.' })
  numbers!: CountDto;

  @ApiProperty({ description: 'Attempts of phones to register as such numbers.' })
  attempts!: CountDto;

  @ApiProperty({ description: 'Lookups in this account that the database did not answer.' })
  unanswered!: CountDto;

  @ApiProperty({ description: 'Lookups in domains that do not exist in this installation.' })
  domains!: CountDto;
}

export class EvidenceDto {
  @ApiProperty()
  extension!: DiagnosedExtensionDto;

  @ApiProperty({ format: 'date-time', description: 'Since when lookups and attempts are remembered.' })
  since!: string;

  @ApiProperty()
  nodes!: NodesDto;

  @ApiProperty({
    type: [NodeStateChangeDto],
    description: 'The last changes of the states of nodes, at most 10, the newest first.',
  })
  node_changes!: NodeStateChangeDto[];

  @ApiProperty({ type: [SeenLookupDto], description: 'At most 10, the newest first.' })
  lookups!: SeenLookupDto[];

  @ApiProperty({ type: [SeenAttemptDto], description: 'At most 10, the newest first.' })
  attempts!: SeenAttemptDto[];

  @ApiProperty({ ...TIME_OR_NULL, description: 'When it last lost a contact.' })
  left_at!: string | null;

  @ApiProperty({
    type: 'string',
    enum: [...ENDINGS, null],
    nullable: true,
    description:
      '`unregistered`: the phone unregistered; `disconnected`: its connection was closed; `expired`: it was not renewed; `dropped`: Dialplane had FreeSWITCH remove it.',
  })
  left_how!: EndingKind | null;

  @ApiProperty({ description: 'Counters since the start of Dialplane; no details of these are kept.' })
  unknown!: UnknownDto;
}

export class DiagnosisDto {
  @ApiProperty({ example: '1001' })
  extension_number!: string;

  @ApiProperty({ enum: REGISTRATION_STATES })
  status!: RegistrationState;

  @ApiProperty()
  verdict!: VerdictDto;

  @ApiProperty()
  evidence!: EvidenceDto;
}

export class DiagnosisAnswer {
  @ApiProperty()
  data!: DiagnosisDto;
}

const time = (ms: number): string => isoTime(new Date(ms));

export function mapDiagnosis(facts: Facts): DiagnosisDto {
  const { number, domain, view, seen, unknownNumbers, unknownDomains } = facts;
  const { code, summary, nextStep } = verdict(facts);
  return {
    extension_number: number,
    status: view.state,
    verdict: { code, summary, next_step: nextStep },
    evidence: {
      extension: mapExtension(facts.extension),
      since: time(seen.since),
      nodes: mapNodes(view.nodes),
      node_changes: mapNodeChanges(view.nodes),
      lookups: seen.lookups.map(mapLookup),
      attempts: seen.attempts.map((attempt) => mapAttempt(attempt, `${number}@${domain}`)),
      left_at: seen.left && time(seen.left.at),
      left_how: seen.left && seen.left.how,
      unknown: {
        numbers: mapCount(unknownNumbers.lookups),
        attempts: mapCount(unknownNumbers.attempts),
        unanswered: mapCount(unknownNumbers.unanswered),
        domains: mapCount(unknownDomains.lookups),
      },
    },
  };
}

function mapExtension(extension: KnownExtension | null): DiagnosedExtensionDto {
  const { deletedAt } = extension ?? { deletedAt: null };
  return {
    exists: extension !== null && deletedAt === null,
    status: extension?.status ?? null,
    deleted_at: deletedAt && isoTime(deletedAt),
    tls_enabled: extension?.tlsEnabled ?? null,
    updated_at: extension && isoTime(extension.updatedAt),
  };
}

const mapLookup = ({ at, answer, action, from }: SeenLookup): SeenLookupDto => ({
  at: time(at),
  answer,
  action: action === '' ? null : action,
  from,
});

function mapAttempt(attempt: SeenAttempt, own: string): SeenAttemptDto {
  const { node, profile, result, request, transport, expires } = attempt;
  return {
    at: time(attempt.at),
    node,
    profile,
    result,
    request,
    asked_for: attempt.askedFor === own ? null : attempt.askedFor,
    authentication_read: attempt.named,
    network_ip: attempt.networkIp,
    network_port: attempt.networkPort,
    user_agent: attempt.agent,
    transport,
    contact_host: attempt.contactHost,
    expires,
  };
}

const mapCount = ({ count, lastAt }: Count): CountDto => ({
  count,
  last_at: lastAt === null ? null : time(lastAt),
});
