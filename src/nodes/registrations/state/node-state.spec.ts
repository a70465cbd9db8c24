import { type NodeStateChange, NodeStateHistory, whyUnknown } from './node-state';

const T0 = Date.UTC(2026, 0, 1, 10, 32);

describe('the history of a node', () => {
  it('begins away, and reports each change once', () => {
    const reported: NodeStateChange[] = [];
    const history = new NodeStateHistory('fs1', T0, (change) => reported.push(change));
    expect([history.state, history.since, history.changes]).toEqual(['away', T0, []]);
    history.see('away', T0 + 1);
    history.see('listing', T0 + 2);
    history.see('listing', T0 + 3);
    history.see('answering', T0 + 4);
    expect([history.state, history.since]).toEqual(['answering', T0 + 4]);
    expect(reported).toEqual([
      { at: T0 + 2, node: 'fs1', from: 'away', to: 'listing' },
      { at: T0 + 4, node: 'fs1', from: 'listing', to: 'answering' },
    ]);
    expect(history.changes).toEqual(reported.toReversed());
  });

  it('keeps ten changes, the newest first', () => {
    const history = new NodeStateHistory('fs1', T0, () => undefined);
    for (let at = 1; at <= 20; at++) history.see(at % 2 === 0 ? 'silent' : 'answering', T0 + at);
    expect(history.changes.map(({ at }) => at - T0)).toEqual([20, 19, 18, 17, 16, 15, 14, 13, 12, 11]);
  });
});

describe('why a status is unknown', () => {
  it.each([
    [[], 'no FreeSWITCH node is known'],
    [
      [
        { name: 'fs1', state: 'answering', stateSince: T0 },
        { name: 'fs2', state: 'silent', stateSince: T0 },
        { name: 'fs3', state: 'away', stateSince: T0 + 60_000 },
      ] as const,
      'node fs2 silent since 2026-01-01T10:32:00+00:00; node fs3 away since 2026-01-01T10:33:00+00:00',
    ],
  ])('of %j', (nodes, reason) => {
    expect(whyUnknown(nodes)).toBe(reason);
  });
});
