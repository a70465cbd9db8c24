import { SYSTEM } from '../../src/core/actor';
import { ApiToken } from '../../src/schema/api-token.entity';
import { IdempotencyKey } from '../../src/schema/idempotency-key.entity';
import { IdempotencyPart } from '../../src/schema/idempotency-part.entity';
import { User } from '../../src/schema/user.entity';
import { UsersService } from '../../src/accounts/users/users.service';
import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { ask } from '../harness/people';

const PAIR = { username: 'lan.tran', password: 'correct horse battery' };

describeOnEach('an Idempotency-Key of a login', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let userId: number;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    for (const entity of [IdempotencyPart, IdempotencyKey, ApiToken, User])
      await dialplane.dataSource.manager.deleteAll(entity);
    tenant = await dialplane.tenant();
    const user = { ...PAIR, role: 'admin' } as const;
    userId = (await dialplane.get(UsersService).create(tenant.tenant.id, user, SYSTEM)).known.user.id;
  });

  const login = (key: string, given: object = {}): Promise<Answer<{ token: string }>> =>
    dialplane.request('POST', '/api/auth/login', {
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify({ ...PAIR, ...given }),
    });
  const replayed = ({ headers }: Answer<unknown>): boolean => headers.get('idempotent-replayed') === 'true';
  const keys = (): Promise<number> => dialplane.dataSource.manager.count(IdempotencyKey);

  it('gives who knows the password the same token again, and whoever does not a refusal', async () => {
    expect([(await login('a', { password: 'x' })).status, await keys()]).toEqual([401, 0]);
    const [first, second] = [await login('a'), await login('a')];
    expect([first.status, second.text, replayed(first), replayed(second)]).toEqual([
      ...[200, first.text, false, true],
    ]);
    for (const header of ['content-type', 'cache-control'])
      expect(second.headers.get(header)).toBe(first.headers.get(header));
    for (const wrong of [{ password: 'x' }, { username: 'nobody' }])
      expect((await login('a', wrong)).status).toBe(401);
    expect((await login('a', { username: 'LAN.TRAN' })).status).toBe(422);
  });

  it('tells what the user is by now', async () => {
    const { token } = (await login('a')).body;
    await dialplane.dataSource.manager.update(User, userId, { role: 'read_only' });
    const again = await login('a');
    expect([replayed(again), again.body]).toMatchObject([
      true,
      { token, data: { user: { role: 'read_only' } } },
    ]);
  });

  it('belongs to the user', async () => {
    await login('a');
    const other = { username: 'minh.le', password: 'staple battery horse' };
    const user = { ...other, role: 'admin' } as const;
    await dialplane.get(UsersService).create(tenant.tenant.id, user, SYSTEM);
    const theirs = await login('a', other);
    expect([theirs.status, replayed(theirs)]).toEqual([200, false]);
  });

  it('lets nobody try more passwords than without it', async () => {
    const settings = { RATE_LIMIT_LOGIN: '3', TRUSTED_PROXIES: '127.0.0.1' };
    const limited = await Dialplane.start(lane, settings, dialplane.database);
    const statuses = [];
    for (const [i, password] of [PAIR.password, 'x', 'y', PAIR.password].entries()) {
      const { status } = await limited.request('POST', '/api/auth/login', {
        headers: {
          'Content-Type': 'application/json',
          'Idempotency-Key': 'a',
          'X-Forwarded-For': `203.0.113.${i}`,
        },
        body: JSON.stringify({ ...PAIR, password }),
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([200, 401, 401, 429]);
    await limited.stop({ keepDatabase: true });
  });

  it('gives no token that is good for nothing by now', async () => {
    const { token } = (await login('a')).body;
    await ask(dialplane, token, 'POST', '/auth/logout');
    const anew = await login('a');
    expect([anew.status, replayed(anew)]).toEqual([200, false]);
    expect((await ask(dialplane, anew.body.token, 'GET', '/auth/me')).status).toBe(200);
    expect((await login('a')).body.token).toBe(anew.body.token);
    await dialplane.dataSource.manager.update(User, userId, { status: 'disabled' });
    expect((await login('a')).status).toBe(401);
  });

  it('logs in once, however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => login('a')));
    expect(answers.filter((answer) => answer.status === 200 && !replayed(answer))).toHaveLength(1);
    expect(await dialplane.dataSource.manager.countBy(ApiToken, { userId })).toBe(1);
  });
});
