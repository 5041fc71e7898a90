import { Generator } from './generator.mjs';
import { alternate, median } from './measure.mjs';
import { TOKEN } from './servers.mjs';

export const title = 'A flood of wrong tokens';

/** The good clients' own pace: what they would do anyway, whoever else comes. */
const GOOD = { connections: 8, pace: 1000, awake: false };
const FLOOD = { connections: 8, from: '127.0.0.2', awake: false };
const WRONG = 1000;

const whoami = (token) => `GET /api/v1/whoami HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}`;

/** The 99th percentile of what good clients wait, in peace and while another address shows wrong tokens as fast as it can. */
export async function run({ rounds, seconds, generator, gateway }) {
  const { port } = await gateway();
  const flooder = new Generator();
  const good = { kind: 'http', port, seconds, ...GOOD, heads: [whoami(TOKEN)], status: 200 };
  const wrong = Array.from({ length: WRONG }, (_, i) => whoami(`wrong-${i}`));
  const flood = { kind: 'http', port, seconds: seconds + 0.5, ...FLOOD, heads: wrong, status: 429 };
  let refused = 0;
  try {
    const seen = await alternate(rounds, {
      peace: () => generator.run(good),
      flood: async () => {
        const flooding = flooder.run(flood);
        const outcome = await generator.run(good);
        const { done, seconds: took } = await flooding;
        refused = done / took;
        return outcome;
      },
    });
    const p99 = (outcomes) => median(outcomes.map((outcome) => outcome.p99));
    const name = `p99 of good clients, ${Math.round(refused).toLocaleString('en')} wrong tokens a second beside`;
    return [{ name, unit: 'ms', ours: p99(seen.flood), bare: p99(seen.peace), beside: 'peace', atMost: 2 }];
  } finally {
    flooder.stop();
  }
}
