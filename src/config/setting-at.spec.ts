import { IsBoolean, IsInt, IsString } from 'class-validator';
import { MapOf } from './map-of.js';
import { settingAt } from './setting-at.js';
import { Settings } from './settings.js';

class Entry {
  @IsString()
  name: string;

  @IsInt()
  count = 5;

  @IsBoolean()
  isOn = true;

  /** Judged by a rule of its own. */
  ids: string[] = [];
}

@Settings('things')
class Things {
  @MapOf(() => Entry)
  entries: Record<string, Entry> = {};

  @IsInt()
  most = 3;
}

it.each([
  ['things.most', 'number'],
  ['things.entries.x.name', 'text'],
  ['things.entries.x.count', 'number'],
  ['things.entries.x.isOn', 'boolean'],
  ['things.entries.x.ids', 'list'],
  ['things.entries.x.nothing', undefined],
  ['things.entries.x.count.below', undefined],
  ['nowhere', undefined],
])('%s is %s', (path, kind) => {
  expect(settingAt([Things], path.split('.'))?.kind).toBe(kind);
});
