import type { Pair } from './directory-xml';
import { EventFilters } from './event-filters';

describe('event filters', () => {
  const event: Pair[] = [
    ['Event-Subclass', 'sofia::register'],
    ['expires', '600'],
  ];
  const passes = (...commands: string[]): boolean => {
    const filters = new EventFilters();
    for (const command of commands)
      expect(filters.change(command)).toMatch(/^\+OK filter (added|deleted)\. /);
    return filters.pass(event);
  };

  it.each([
    [true, []],
    [true, ['event-subclass SOFIA::register']],
    [false, ['event-subclass sofia::expire']],
    [true, ['event-subclass sofia::expire', 'expires 600']],
    [true, ['add expires /^6/']],
    [false, ['expires /^7/']],
    [false, ['no-such-header x']],
    [false, ['event-subclass sofia::register', 'expires -600']],
    [false, ['expires - 600', 'event-subclass sofia::register']],
    [true, ['event-subclass sofia::register', 'expires -/6/']],
    [false, ['expires -700']],
    [true, ['expires -600', 'event-subclass sofia::register', 'delete expires']],
    [false, ['expires -600', 'event-subclass sofia::register', 'delete expires 600']],
    [true, ['expires 700', 'delete all']],
  ])('pass an event: %s, after %j', (expected, commands) => {
    expect(passes(...commands)).toBe(expected);
  });

  it('want a value', () => {
    expect(new EventFilters().change('expires')).toBe('-ERR invalid syntax');
  });
});
