import { describe, expect, it } from '@jest/globals';
import { RolledBack } from '../silent-rollback.js';
import { outageOf } from './outage.js';

const sent = (code: string): Error => Object.assign(new Error('text'), { code, severity: 'ERROR' });

describe('an error of the driver', () => {
  it.each([
    ['a duplicate key', sent('23505')],
    ['a syntax error', sent('42601')],
    ['a division by zero', sent('22012')],
    ['a commit that was none', new RolledBack('rolled back')],
  ])('is about the query: %s', (_what, error) => {
    expect(outageOf(error)).toBeUndefined();
  });

  it.each([
    // error                                                          slow
    ['a refused connection', Object.assign(new Error(), { code: 'ECONNREFUSED' }), false],
    ['a reset connection', Object.assign(new Error(), { code: 'ECONNRESET' }), false],
    ['a shutdown', sent('57P01'), false],
    ['a server that starts up', sent('57P03'), false],
    ['too many connections', sent('53300'), false],
    ['a full disk', sent('53100'), false],
    ['a standby', sent('25006'), false],
    ['a wrong password', sent('28P01'), false],
    ['an ended connection', new Error('Connection terminated unexpectedly'), false],
    ['a timeout of the server', sent('57014'), true],
    ['a timeout of ours', new Error('Query read timeout'), true],
    ['a pool that is used up', new Error('timeout exceeded when trying to connect'), true],
  ])('is about the database: %s', (_what, error, slow) => {
    expect(outageOf(error)).toMatchObject({ slow });
  });

  it('is told in words of ours, which name no user', () => {
    const refused = Object.assign(new Error('password authentication failed for user "ann"'), {
      code: '28P01',
      severity: 'FATAL',
    });

    expect(outageOf(refused)?.reason).toBe('PostgreSQL refused the user or the password');
  });
});
