import { WAIT_MS, within } from './within';

/** Resolves once `client` has the status, which it may have already. */
export async function untilStatus<S>(
  client: { readonly status: S; onStatus(hear: (status: S) => void): () => void },
  status: S,
  timeoutMs = WAIT_MS,
): Promise<void> {
  let end = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    end = client.onStatus((each) => each === status && resolve());
    if (client.status === status) resolve();
  });
  try {
    await within(timeoutMs, `status ${String(status)}`, reached);
  } finally {
    end();
  }
}
