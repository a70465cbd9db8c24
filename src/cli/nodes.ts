import { type EntityManager } from 'typeorm';
import { COMMAND_LINE } from '../core/actor';
import { matching } from '../core/rules';
import { isoTime } from '../core/time';
import { NODE_NAME, parseNodeUrl } from '../freeswitch/node-address';
import { type FreeswitchNode } from '../schema/node.entity';
import { NodesModule } from '../nodes/registry/nodes.module';
import { NodesService } from '../nodes/registry/nodes.service';
import { type UnknownNode, unknownNodes } from '../schema/unknown-node.entity';
import { check, orExplain, withServices } from './database';
import { type Printed } from './print';

/** Servers on the same database follow it within seconds. */
export function nodeAdd({ name, url }: { name: string; url: string }): Promise<Printed> {
  check('name', matching(NODE_NAME)(name, 'name'));
  const address = parseNodeUrl(name, url);
  return withNodes(async (nodes) => one(await nodes.add(address, COMMAND_LINE), 'is added'));
}

export function nodeList(): Promise<Printed> {
  return withNodes(async (nodes, manager) => {
    const found = await nodes.list();
    const unknown = await unknownNodes(manager);
    const asked = unknown.map(
      ({ hostname, address, lastAskedAt }) =>
        `unknown: ${hostname} asked for users from ${address}, last at ${isoTime(lastAskedAt)}`,
    );
    return {
      lines: [...(found.length > 0 ? found.map(lineOf) : ['There are no nodes.']), ...asked],
      json: { nodes: found.map(jsonOf), unknown: unknown.map(unknownJson) },
    };
  });
}

export function nodeRemove({ name }: { name: string }): Promise<Printed> {
  return withNodes(async (nodes) => {
    await named(name, nodes.remove(name, COMMAND_LINE));
    return { lines: [`Node ${name} is removed`], json: { name, removed: true } };
  });
}

export function nodeDrain({ name }: { name: string }): Promise<Printed> {
  return withNodes(async (nodes) =>
    one(await named(name, nodes.setStatus(name, 'draining', COMMAND_LINE)), 'is draining'),
  );
}

export function nodeUndrain({ name }: { name: string }): Promise<Printed> {
  return withNodes(async (nodes) =>
    one(await named(name, nodes.setStatus(name, 'active', COMMAND_LINE)), 'is active'),
  );
}

/** The nodes of FREESWITCH_NODES are there before any command, as they are before a server's first answer. */
function withNodes(
  work: (nodes: NodesService, manager: EntityManager) => Promise<Printed>,
): Promise<Printed> {
  return withServices([NodesModule], async ({ settings, dataSource, get }) => {
    const nodes = get(NodesService);
    await nodes.fill(settings.nodes);
    return work(nodes, dataSource.manager);
  });
}

function named<T>(name: string, work: Promise<T>): Promise<T> {
  return orExplain('name', `There is no node ${JSON.stringify(name)}.`, work);
}

function one(node: FreeswitchNode, what: string): Printed {
  return { lines: [`Node ${node.name} ${what}`], json: jsonOf(node) };
}

function lineOf({ name, host, port, status, sweptAt }: FreeswitchNode): string {
  const swept = sweptAt ? `swept ${isoTime(sweptAt)}` : 'not swept yet';
  return `${name}, ${host}:${port}, ${status}, ${swept}`;
}

function jsonOf({ name, host, port, status, sweptAt, createdAt }: FreeswitchNode): Record<string, unknown> {
  return {
    ...{ name, host, port, status },
    swept_at: sweptAt && isoTime(sweptAt),
    created_at: isoTime(createdAt),
  };
}

function unknownJson({ hostname, address, firstAskedAt, lastAskedAt }: UnknownNode): Record<string, unknown> {
  return {
    ...{ hostname, address },
    first_asked_at: isoTime(firstAskedAt),
    last_asked_at: isoTime(lastAskedAt),
  };
}
