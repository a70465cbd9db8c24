import { Throttle } from './throttle';

describe('damping', () => {
  it('lets the first change through, holds what follows, and gives it back at the end of the window', () => {
    const damping = new Throttle(1_000);
    expect(damping.mayTell('1001', 0)).toBe(true);
    damping.told('1001', 0);
    expect(damping.mayTell('1001', 500)).toBe(false);
    expect(damping.mayTell('1001', 900)).toBe(false);
    expect(damping.nextEnd).toBe(1_000);
    expect(damping.due(999)).toEqual([]);
    expect(damping.due(1_000)).toEqual(['1001']);
    expect([damping.due(2_000), damping.nextEnd]).toEqual([[], null]);
  });

  it('gives nothing back when nothing was held', () => {
    const damping = new Throttle(1_000);
    damping.told('1001', 0);
    expect(damping.due(1_000)).toEqual([]);
    expect(damping.mayTell('1001', 1_000)).toBe(true);
  });

  it('begins a new window with each telling, behind those that end before it', () => {
    const damping = new Throttle(1_000);
    damping.told('1001', 0);
    damping.told('1002', 500);
    damping.told('1001', 1_000);
    for (const key of ['1001', '1002']) damping.mayTell(key, 1_100);
    expect(damping.due(1_500)).toEqual(['1002']);
    expect(damping.nextEnd).toBe(2_000);
  });

  it('holds one key for nobody else, and forgets it', () => {
    const damping = new Throttle(1_000);
    damping.told('1001', 0);
    expect(damping.mayTell('1002', 1)).toBe(true);
    damping.mayTell('1001', 1);
    damping.forget('1001');
    expect([damping.mayTell('1001', 2), damping.due(5_000)]).toEqual([true, []]);
  });

  it('holds nothing with a window of 0', () => {
    const damping = new Throttle(0);
    damping.told('1001', 0);
    expect([damping.mayTell('1001', 0), damping.nextEnd]).toEqual([true, null]);
  });
});
