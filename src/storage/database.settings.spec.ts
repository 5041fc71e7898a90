import { describe, expect, it } from '@jest/globals';
import { validateSync } from 'class-validator';
import { DatabaseSettings } from './database.settings.js';

const problems = (values: Record<string, unknown>): string[] =>
  validateSync(Object.assign(new DatabaseSettings(), values)).map(({ property }) => property);

describe('database settings', () => {
  it.each([
    [{}],
    [{ url: 'postgres://ann:secret@db.example:5432/house' }],
    [{ mode: 'postgres', url: 'postgresql:///house?host=/run/postgresql' }],
    [{ mode: 'none' }],
  ])('take %j', (values) => {
    expect(problems(values)).toEqual([]);
  });

  it.each([
    [{ mode: 'postgres' }, ['url']],
    [{ url: 'mysql://db.example/house' }, ['url']],
    [{ url: 'postgres://ann:a/b@c#d@db.example/house' }, ['url']],
    [{ url: '' }, ['url']],
    [{ mode: 'sqlite' }, ['mode']],
    [{ poolSize: 0 }, ['poolSize']],
    [{ queryTimeoutMs: 2001 }, ['queryTimeoutMs']],
  ])('refuse %j', (values, wrong) => {
    expect(problems(values)).toEqual(wrong);
  });
});
