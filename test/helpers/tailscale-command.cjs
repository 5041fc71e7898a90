// Stands in for the `tailscale` program: same words, same answers, its world in state.json beside it. Each call is a
// line of calls.ndjson.
const fs = require('node:fs');
const path = require('node:path');

const file = path.join(__dirname, 'state.json');
const state = JSON.parse(fs.readFileSync(file, 'utf8'));
const args = process.argv.slice(2).filter((arg) => !arg.startsWith('--socket='));
fs.appendFileSync(path.join(__dirname, 'calls.ndjson'), JSON.stringify(process.argv.slice(2)) + '\n');

const print = (value) => process.stdout.write(JSON.stringify(value, null, 2) + '\n');
const fail = (text) => {
  process.stderr.write(text + '\n');
  process.exit(1);
};
const line = args.join(' ');
const broken = Object.entries(state.fails).find(([words]) => line.startsWith(words));

if (state.hangs !== undefined && line.startsWith(state.hangs)) {
  process.stdout.write(
    '\nServe is not enabled on your tailnet.\nTo enable, visit:\n\n  https://login.tailscale.com/f/serve?node=n1\n',
  );
  fs.writeFileSync(path.join(__dirname, 'hanging'), '');
  setInterval(() => {}, 60_000);
} else if (broken) {
  fail(broken[1]);
} else if (args[0] === 'whois') {
  const found = state.peers[args[2]];
  if (args[1] !== '--json' || args.length !== 3) fail('usage: tailscale whois --json ip[:port]');
  if (!found) fail('peer not found');
  print(found);
} else if (args[0] === 'status') {
  print({ BackendState: 'Running', Self: { DNSName: `${state.dnsName}.` } });
} else if (line === 'serve status --json') {
  print(state.serve);
} else if (args[0] === 'serve' || args[0] === 'funnel') {
  publish(args[0], args.slice(1));
} else {
  fail(`unknown subcommand: ${args[0]}`);
}

function publish(word, rest) {
  const port = rest.find((arg) => arg.startsWith('--https='))?.slice('--https='.length) ?? '443';
  const mount = rest.find((arg) => arg.startsWith('--set-path='))?.slice('--set-path='.length) ?? '/';
  const target = rest.at(-1);
  const site = `${state.dnsName}:${port}`;
  const { Web: web = {}, AllowFunnel: funnel = {} } = state.serve;
  const handlers = web[site]?.Handlers ?? {};

  if (target === 'off') {
    if (!handlers[mount]) fail('error: failed to remove web serve: handler does not exist');
    delete handlers[mount];
    if (Object.keys(handlers).length === 0) {
      delete web[site];
      delete funnel[site];
    }
  } else {
    if (!rest.includes('--bg')) fail('the stand-in knows background publications only');
    web[site] = { Handlers: { ...handlers, [mount]: { Proxy: target } } };
    if (word === 'funnel') funnel[site] = true;
    else delete funnel[site];
  }
  fs.writeFileSync(file, JSON.stringify({ ...state, serve: { Web: web, AllowFunnel: funnel } }));
}
