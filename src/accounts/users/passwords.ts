import { Injectable, type OnModuleInit } from '@nestjs/common';
import { argon2id, hash, verify } from 'argon2';
import { ServiceUnavailable } from '../../core/errors';

/** OWASP's advice for argon2id: 19 MiB, two passes, one lane. */
const COST = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;
/** Each takes a thread and 19 MiB for some 30 ms. */
const AT_ONCE = 2;
const LONGEST_QUEUE = 50;

export const LOGIN_PASSWORD = { min: 8, max: 200 };

/** Hashes and checks people's passwords, a few at a time. */
@Injectable()
export class Passwords implements OnModuleInit {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private nobodys = '';

  async onModuleInit(): Promise<void> {
    this.nobodys = await hash('nobody', COST);
  }

  /** @throws ServiceUnavailable when too many wait */
  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, COST));
  }

  /**
   * @param kept null for a user who does not exist, which takes as long as a wrong password
   * @throws ServiceUnavailable when too many wait
   */
  async fits(password: string, kept: string | null): Promise<boolean> {
    const right = await this.inTurn(() => verify(kept ?? this.nobodys, password));
    return right && kept !== null;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE) {
      if (this.queue.length >= LONGEST_QUEUE) throw new ServiceUnavailable();
      await new Promise<void>((resolve) => this.queue.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
