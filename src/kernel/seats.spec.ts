import { KeyIndex } from './key-index.js';
import { Seats } from './seats.js';

interface Guest {
  readonly name: string;
}

const guests = (...names: string[]): Guest[] => names.map((name) => ({ name }));
const namesOf = (some: Iterable<Guest>): string[] => [...some].map(({ name }) => name).sort();

describe('Seats', () => {
  it('gives everybody a number, and the same again to whoever sits already', () => {
    const seats = new Seats<Guest>();
    const [ann, bob] = guests('ann', 'bob') as [Guest, Guest];

    const numbers = [seats.take(ann), seats.take(bob), seats.take(ann)];
    expect(numbers).toEqual([0, 1, 0]);
    expect([seats.size, seats.at(0), seats.at(1), seats.at(2)]).toEqual([2, ann, bob, undefined]);
  });

  it('gives free numbers away again: no more are in use than there were guests at once', () => {
    const seats = new Seats<Guest>();
    for (let round = 0; round < 1000; round += 1) {
      const some = guests('ann', 'bob', 'eve');
      expect(Math.max(...some.map((guest) => seats.take(guest)))).toBeLessThan(3);
      for (const guest of some) seats.leave(guest);
    }
    expect([seats.size, ...seats.values()]).toEqual([0]);
  });

  it('lets nobody leave twice, nor in the place of who sits there now', () => {
    const seats = new Seats<Guest>();
    const [ann, bob] = guests('ann', 'bob') as [Guest, Guest];
    seats.take(ann);

    expect(seats.leave(ann)).toBe(0);
    expect(seats.take(bob)).toBe(0);
    expect(seats.leave(ann)).toBeUndefined();
    expect(seats.at(0)).toBe(bob);
  });

  it('knows its own guests from those of others', () => {
    const [here, there] = [new Seats<Guest>(), new Seats<Guest>()];
    const [ann, bob] = guests('ann', 'bob') as [Guest, Guest];
    there.take(ann);
    here.take(bob);
    here.take(ann);

    expect([here.leave(ann), there.size, there.leave(ann)]).toEqual([1, 1, 0]);
  });

  it('meets each once in equal parts, and nobody who leaves meanwhile', () => {
    const seats = new Seats<Guest>();
    const all = guests('a', 'b', 'c', 'd', 'e', 'f', 'g');
    for (const guest of all) seats.take(guest);

    const parts = [0, 1, 2].map((part) => [...seats.values(part, 3)]);
    expect(parts.map(({ length }) => length)).toEqual([3, 2, 2]);
    expect(namesOf(parts.flat())).toEqual(namesOf(all));

    const met: string[] = [];
    for (const { name } of seats.values()) {
      met.push(name);
      for (const guest of all.slice(2)) seats.leave(guest);
    }
    expect(met).toEqual(['a', 'b']);
  });
});

describe('KeyIndex', () => {
  it('finds all of a key in the order in which they came, and nobody who has left', () => {
    const seats = new Seats<Guest>();
    const index = new KeyIndex(seats);
    const all = guests('ann', 'bob', 'eve');
    const numbers = all.map((guest) => seats.take(guest));
    for (const number of numbers.toReversed()) index.add('house', number);
    index.add('garden', numbers[0]!);

    expect(index.find('house').map(({ name }) => name)).toEqual(['eve', 'bob', 'ann']);
    index.remove('house', numbers[1]!);
    index.remove('garden', numbers[2]!); // is not there: changes nothing
    expect([index.count('house'), index.count('garden'), index.count('nowhere')]).toEqual([2, 1, 0]);
    index.remove('house', numbers[0]!);
    index.remove('house', numbers[2]!);
    index.remove('garden', numbers[0]!);
    expect([index.count('house'), index.find('house'), index.find('garden')]).toEqual([0, [], []]);
  });
});
