import { Destinations, type Reach, reachOf } from './destinations.js';
import { AddressSet } from './net.js';
import { isSafeEndpoint } from './safe-endpoint.js';

describe('what an address is', () => {
  // prettier-ignore
  it.each<[string, Reach]>([
    ['1.1.1.1',                    'public'],
    ['2606:4700::1111',            'public'],
    ['::ffff:1.1.1.1',             'public'],
    ['64:ff9b::101:101',           'public'],
    ['127.0.0.1',                  'loopback'],
    ['127.9.9.9',                  'loopback'],
    ['::1',                        'loopback'],
    ['::ffff:127.0.0.1',           'loopback'],
    ['10.0.0.1',                   'private'],
    ['172.16.0.1',                 'private'],
    ['192.168.1.1',                'private'],
    ['100.64.0.1',                 'private'],
    ['fd12:3456::1',               'private'],
    ['::ffff:10.0.0.1',            'private'],
    ['64:ff9b::a00:1',             'private'],
    ['169.254.169.254',            'never'],
    ['::ffff:169.254.169.254',     'never'],
    ['[::ffff:a9fe:a9fe]',         'never'],
    ['64:ff9b::a9fe:a9fe',         'never'],
    ['fe80::1',                    'never'],
    ['fe80::1%eth0',               'never'],
    ['fd00:ec2::254',              'never'],
    ['100.100.100.200',            'never'],
    ['168.63.129.16',              'never'],
    ['0.0.0.0',                    'never'],
    ['0.1.2.3',                    'never'],
    ['::',                         'never'],
    ['224.0.0.1',                  'never'],
    ['ff02::1',                    'never'],
    ['255.255.255.255',            'never'],
    ['240.0.0.1',                  'never'],
    ['2002:a9fe:a9fe::',           'never'],
    ['2002:a00:1::',               'never'],
    ['2002:7f00:1::',              'never'],
    ['::a9fe:a9fe',                'never'],
    ['::169.254.169.254',          'never'],
    ['[::a9fe:a9fe]:80',           'never'],
    ['::a00:1',                    'never'],
    ['::7f00:1',                   'never'],
    ['::101:101',                  'never'],
    ['::ffff:0:a9fe:a9fe',         'never'],
    ['64:ff9b::6464:64c8',         'never'],
    ['64:ff9b::7f00:1',            'loopback'],
    ['64:ff9b:1::101:101',         'public'],
    ['64:ff9b:1::a9fe:a9fe',       'never'],
    ['64:ff9b:1:a9fe:a9:fe00::',   'never'],
    ['64:ff9b:1:a9fe:a9:fe00:101:101', 'never'],
    ['2001:0:a9fe:a9fe::',         'never'],
    ['100:0:0:1::1',               'never'],
    ['4000::1',                    'never'],
    ['no address',                 'never'],
  ])('%s: %s', (address, reach) => {
    expect(reachOf(address)).toBe(reach);
  });
});

describe('where a provider may be', () => {
  const listed = new Destinations(new AddressSet(['10.1.0.0/16', '169.254.0.0/16', '127.0.0.5', 'fd00::/8']));

  // prettier-ignore
  it.each<[string, string, RegExp]>([
    // base URL                        leads to             refused, because it
    ['https://api.example.com',        '1.1.1.1',           /goes there/],
    ['http://api.example.com',         '1.1.1.1',           /plain http/],
    ['http://localhost:11434',         '127.0.0.1',         /goes there/],
    ['http://127.0.0.1:11434',         '127.0.0.1',         /goes there/],
    ['http://[::1]:11434',             '::1',               /goes there/],
    ['https://api.example.com',        '127.0.0.1',         /this machine/],
    ['https://api.example.com',        '127.0.0.5',         /goes there/],
    ['http://localhost',               '1.1.1.1',           /plain http/],
    ['http://ollama:11434',            '10.1.2.3',          /goes there/],
    ['https://ollama',                 '10.2.2.3',          /private address; list it in models.allowPrivateNetworks/],
    ['https://metadata.example.com',   '169.254.169.254',   /link-local/],
    ['https://metadata.example.com',   'fd00:ec2::254',     /metadata/],
    ['https://metadata.example.com',   '0.0.0.0',           /reserved/],
  ])('%s at %s', (address, resolved, why) => {
    const refusal = listed.refusal(new URL(address), resolved);
    expect(refusal ?? 'goes there').toMatch(why);
  });
});

describe('where secrets may be sent', () => {
  // prettier-ignore
  it.each([
    ['https://id.example.com',      true],
    ['http://localhost:4000/x',     true],
    ['http://127.0.0.1',            true],
    ['http://127.8.8.8',            true],
    ['http://[::1]:1',              true],
    ['http://id.example.com',       false],
    ['http://127.0.0.1.example',    false],
    ['https://a:b@id.example.com',  false],
    ['https://a@id.example.com',    false],
    ['ftp://localhost',             false],
    ['file:///etc/passwd',          false],
    ['id.example.com',              false],
  ])('%s: %s', (address, isSafe) => {
    expect(isSafeEndpoint(address)).toBe(isSafe);
  });
});
