import { askerName, type Identity, isAskerName, mayBeNode, nodeOf, readAsker } from './asker';
import { standingOf } from './standing';

const RUN = '93c3d0c5-fdee-4031-b77d-1c7c211384c5';
const OTHER = '5a9f65ea-be5b-46db-a026-20d09f2cd08f';
const form = { hostname: 'fs-lab-1', 'Core-UUID': RUN, section: 'directory' };
const node: Identity = {
  name: 'fs1',
  host: '10.0.0.1',
  isCurrent: true,
  coreUuid: RUN,
  switchname: 'fs-lab-1',
};

describe('who asks for users', () => {
  it('is read from the form, and is nobody in one that no FreeSWITCH sent', () => {
    const asker = { hostname: 'fs-lab-1', address: '10.0.0.9', coreUuid: RUN };
    expect(readAsker(form, '10.0.0.9')).toEqual(asker);
    expect(readAsker({ section: 'directory', user: '000' }, '10.0.0.9')).toBeNull();
    expect(readAsker({ ...form, 'Core-UUID': '<x>' }, '10.0.0.9')?.coreUuid).toBeNull();
  });

  it('has a name that no node can have, short and without odd characters', () => {
    const odd = readAsker({ ...form, hostname: '<b>\r\n'.repeat(50) }, '2001:db8:1:2:3:4:5:6')!;
    expect(askerName(odd)).toMatch(/^[\w.?-]{40} at 2001:db8:1:2:3:4:5:6 \(93c3d0c5\)$/);
    expect(askerName(odd).length).toBeLessThanOrEqual(100);
    expect(isAskerName(askerName(odd))).toBe(true);
    expect(isAskerName('fs-2.example:18021')).toBe(false);
  });

  it('is a node when the run of the program is the same, whatever its host name', () => {
    const asker = readAsker(form, '10.0.0.9')!;
    expect(nodeOf(asker, [node])).toBe('fs1');
    expect(nodeOf({ ...asker, coreUuid: OTHER }, [node])).toBeNull();
    expect(nodeOf({ ...asker, coreUuid: null }, [node])).toBe('fs1');
    expect(nodeOf({ ...asker, coreUuid: null, hostname: 'fs-lab-2' }, [node])).toBeNull();
  });

  it('may be a node that is away, from its address or by one of its names', () => {
    const away = { ...node, isCurrent: false };
    const other = { hostname: 'x', address: '10.0.0.9', coreUuid: OTHER };
    expect(mayBeNode({ ...other, hostname: 'fs-lab-1' }, [node])).toBe(false);
    for (const like of [{ hostname: 'fs-lab-1' }, { hostname: 'fs1' }, { address: '10.0.0.1' }])
      expect(mayBeNode({ ...other, ...like }, [away])).toBe(true);
    expect(mayBeNode(other, [away])).toBe(false);
  });
});

describe('a name in a receipt', () => {
  it.each([
    ['fs1', 'node'],
    ['fs2', 'removed'],
    ['fs-lab-1 at 10.0.0.9 (93c3d0c5)', 'unknown'],
  ])('%s is %s', (name, standing) => expect(standingOf(name, new Set(['fs1']))).toBe(standing));
});
