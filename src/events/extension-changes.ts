import { Injectable, Logger } from '@nestjs/common';
import { Listeners } from '../core/listeners';

/** A user of whom what was known may no longer be true: made, changed, disabled, rotated or deleted. */
export interface ExtensionChange {
  number: string;
  domain: string;
  /** Made just now: what was seen of the number before is somebody else's. */
  isNew?: true;
}

/** Tells of every change of an extension, after its commit and before its answer. */
@Injectable()
export class ExtensionChanges {
  private readonly logger = new Logger(ExtensionChanges.name);
  private readonly listeners = new Listeners<ExtensionChange>((error) =>
    this.logger.error({ event: 'listener.failed', err: error }, 'a listener failed'),
  );

  /** @returns a function that ends the listening. */
  onChange(hear: (change: ExtensionChange) => void): () => void {
    return this.listeners.add(hear);
  }

  emit(change: ExtensionChange): void {
    this.listeners.emit(change);
  }
}
