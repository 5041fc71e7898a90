import { expect, it } from '@jest/globals';
import { describePostgres } from './address.js';

it.each([
  ['postgres://ann:p%40ss@db.example:6432/house', 'PostgreSQL at db.example:6432/house'],
  ['postgresql://ann@db.example/house?sslmode=require', 'PostgreSQL at db.example:5432/house'],
  ['postgres://ann@[::1]:5433/house', 'PostgreSQL at [::1]:5433/house'],
  ['postgres:///house?host=/run/postgresql', 'PostgreSQL at /run/postgresql/house'],
  ['postgres://localhost', 'PostgreSQL at localhost:5432'],
])('of %s only the place is shown', (url, shown) => {
  expect(describePostgres(url)).toBe(shown);
});
