// Opens the embedded database of the state directory given, and writes pairs of rows until it is killed. A pair's
// number is printed once its transaction is acknowledged.
import { writeSync } from 'node:fs';
import { systemClock } from '../../src/kernel/clock.js';
import { Database } from '../../src/storage/database.js';
import { DatabaseSettings } from '../../src/storage/database.settings.js';

const stateDir = process.argv[2]!;
const first = Number(process.argv[3]);
const database = new Database({ settings: new DatabaseSettings(), stateDir, clock: systemClock });

try {
  await database.open();
} catch (error) {
  writeSync(2, (error as Error).message);
  process.exit(1);
}
await database.query('create table if not exists pairs (n int, half text, primary key (n, half))');
writeSync(1, 'open\n');

for (let n = first; ; n++) {
  await database.transaction(async (manager) => {
    await manager.query(`insert into pairs values ($1, 'left')`, [n]);
    await manager.query(`insert into pairs values ($1, 'right')`, [n]);
  });
  writeSync(1, `${n}\n`);
}
