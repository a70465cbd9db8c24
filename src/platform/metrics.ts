import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What Prometheus reads at /metrics. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly lookups = new Counter({
    name: 'dialplane_directory_lookups_total',
    help: 'Directory lookups by FreeSWITCH, by result: found, not_found, remembered (the database is away), error.',
    labelNames: ['result'],
    registers: [this.registry],
  });

  readonly lookupLatency = new Histogram({
    name: 'dialplane_directory_lookup_seconds',
    help: 'Time from a directory lookup to its answer.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5],
    registers: [this.registry],
  });

  readonly nodeReady = new Gauge({
    name: 'dialplane_esl_ready',
    help: '1 while the event socket of the FreeSWITCH node answers, else 0.',
    labelNames: ['node'],
    registers: [this.registry],
  });

  readonly nodeState = new Gauge({
    name: 'dialplane_node_state',
    help: '1 for the state in which the FreeSWITCH node is, else 0: answering, listing (its list is coming in), silent, away.',
    labelNames: ['node', 'state'],
    registers: [this.registry],
  });

  readonly unknownNodes = new Gauge({
    name: 'dialplane_unknown_nodes',
    help: 'FreeSWITCHes that asked for users in the last 24 hours and are not among the nodes.',
    registers: [this.registry],
  });

  readonly flushes = new Counter({
    name: 'dialplane_flushes_total',
    help: 'Times a node was told to forget a user, by result: done, failed.',
    labelNames: ['node', 'result'],
    registers: [this.registry],
  });

  readonly streamReaders = new Gauge({
    name: 'dialplane_stream_readers',
    help: 'Readers of the registration stream at present.',
    registers: [this.registry],
  });

  readonly streamsDropped = new Counter({
    name: 'dialplane_stream_dropped_total',
    help: 'Readers of the registration stream that were dropped because they read too slowly.',
    registers: [this.registry],
  });

  readonly rateLimited = new Counter({
    name: 'dialplane_rate_limited_total',
    help: 'Requests refused by a rate limit, by its class: pbx, click_to_call, login, auth.',
    labelNames: ['class'],
    registers: [this.registry],
  });

  readonly rateLimitPassed = new Counter({
    name: 'dialplane_rate_limit_passed_total',
    help: 'Requests let pass because Redis was away.',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** @param count the contacts known of each node, by its name; asked for at each reading */
  countRegistrations(count: () => [node: string, contacts: number][]): void {
    new Gauge({
      name: 'dialplane_registrations',
      help: 'Contacts that the FreeSWITCH node is known to hold.',
      labelNames: ['node'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [node, contacts] of count()) this.set({ node }, contacts);
      },
    });
  }
}
