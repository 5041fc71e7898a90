import { randomUUID } from 'node:crypto';
import { MethodTable } from '../../src/gateway/method-table.js';
import { RouteTable } from '../../src/http/route-table.js';
import { covers, type Role, SCOPES, type Scope } from '../../src/kernel/scopes.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { askToPair } from '../helpers/pairing.js';
import { World } from '../helpers/world.js';
import { DIALECTS, type Speech, connected } from '../helpers/ws-client.js';

/**
 * Nobody grants, by any route, a scope that they do not hold: every operation that grants, on every surface, for every
 * set of scopes that a caller may hold and every set that may be asked for.
 */
let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  const auth = { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 1000 } };
  gateway = await startGateway({ config: { gateway: { auth } }, database: 'embedded' });
  world = new World(gateway);
});

afterAll(() => gateway.close());
afterEach(() => world.rows(`DELETE FROM pairing_requests`));

interface Wish {
  readonly role: Role;
  readonly scopes: Scope[];
}

/** Prepares what is to be granted, and says how it is called for. */
type Operation = (wish: Wish) => Promise<Record<string, unknown>>;

const ask: Operation = async (wish) => ({ requestId: (await askToPair(world, wish)).requestId });
const askForNode: Operation = (wish) => ask({ ...wish, role: 'node' });
const token: Operation = async (wish) => ({ deviceId: (await world.device(wish)).id, role: wish.role });
const invite: Operation = async ({ role, scopes }) => ({ role, scopes });

/** Everything that hands out rights to a device. The registry must know no other. */
const OVER_THE_WIRE: Record<string, Operation> = {
  'device.pair.approve': ask,
  'device.token.rotate': token,
  'node.pair.approve': askForNode,
};

const OVER_REST: Record<string, Operation> = {
  'POST /api/v1/devices/pending/:requestId/approve': ask,
  'POST /api/v1/devices/:id/token/rotate': token,
  'POST /api/v1/devices/invites': invite,
};

const GRANTS = /approve|rotate|invite|grant|setup/i;

/** Sounds like it, and gives nobody anything. */
const GRANTS_NOTHING = new Set(['POST /api/v1/keys/rotate', 'POST /api/v1/signing-keys/rotate']);

it('the registry knows no other operation that grants', () => {
  const methods = gateway.app
    .get(MethodTable, { strict: false })
    .all()
    .map(({ name }) => name);
  expect(methods.filter((name) => GRANTS.test(name)).sort()).toEqual(Object.keys(OVER_THE_WIRE).sort());

  const routes = gateway.app.get(RouteTable, { strict: false }).entries();
  const posts = routes.flatMap(({ path, methods: verbs }) => (verbs.includes('POST') ? [`POST ${path}`] : []));
  const granting = posts.filter((line) => GRANTS.test(line) && !GRANTS_NOTHING.has(line));
  expect(granting.sort()).toEqual(Object.keys(OVER_REST).sort());
});

// Each scope by itself, each beside pairing, all and none: what is special about a set shows in one of these.
const HELD: Scope[][] = [
  [],
  ...SCOPES.map((one) => [one]),
  ...SCOPES.map((one): Scope[] => ['operator.pairing', one]),
  [...SCOPES],
];
const WISHES: Wish[] = [
  ...SCOPES.map((one): Wish => ({ role: 'operator', scopes: [one] })),
  { role: 'operator', scopes: ['operator.read', 'operator.pairing'] },
  { role: 'node', scopes: [] },
];

const allowed = (held: Scope[], { role, scopes }: Wish): boolean =>
  covers(held, 'operator.pairing') &&
  scopes.every((scope) => covers(held, scope)) &&
  (role !== 'node' || covers(held, 'operator.admin'));

/** A person whose token holds just these scopes. */
async function holding(scopes: Scope[]): Promise<string> {
  const person = { email: `${randomUUID()}@example.com`, role: 'admin', scopes } as const;
  return (await gateway.gatewayToken(person)).token;
}

const outcome = (wanted: boolean): string => (wanted ? 'granted' : 'refused');

describe.each(Object.keys(OVER_REST))('%s', (line) => {
  it.each(HELD)('grants what the caller holds, holding %s %s', async (...held) => {
    const caller = bearer(await holding(held.filter((scope) => scope !== undefined)));
    for (const wish of WISHES) {
      const { requestId, deviceId, ...body } = await OVER_REST[line]!(wish);
      const path = line.split(' ')[1]!.replace(':requestId', String(requestId)).replace(':id', String(deviceId));
      const { status } = await gateway.call(path, { method: 'POST', headers: caller, body });
      const said = status < 300 ? 'granted' : status === 403 ? 'refused' : status;
      expect([wish, said]).toEqual([wish, outcome(allowed(held, wish))]);
    }
  });
});

describe.each(DIALECTS)('over the wire in $name', (speech: Speech) => {
  describe.each(Object.keys(OVER_THE_WIRE))('%s', (method) => {
    it.each(HELD)('grants what the caller holds, holding %s %s', async (...held) => {
      const auth = { token: await holding(held.filter((scope) => scope !== undefined)) };
      const { client } = await connected(gateway, speech, { auth });
      for (const [n, wish] of WISHES.entries()) {
        const params = await OVER_THE_WIRE[method]!(wish);
        const answer = await client.ask(speech.call(n + 2, method, params));
        const meant = method.startsWith('node.') ? { ...wish, role: 'node' as const } : wish;
        expect([meant, outcome(speech.result(answer) !== undefined)]).toEqual([meant, outcome(allowed(held, meant))]);
      }
      client.close();
    });
  });
});
