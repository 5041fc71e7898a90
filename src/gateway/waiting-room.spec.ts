import { TestClock } from '../../test/helpers/clock.js';
import { WaitingRoom } from './waiting-room.js';
import { WebSocketSettings } from './websocket.settings.js';

const settings = new WebSocketSettings();

function room() {
  const clock = new TestClock();
  const waiting = new WaitingRoom(clock);
  const called: string[] = [];
  const enter = (name: string) => {
    const place = waiting.take('192.0.2.1', settings);
    place.onOverdue = () => called.push(name);
    return place;
  };
  return { clock, waiting, called, enter };
}

describe('the waiting room', () => {
  it('calls whoever has not connected in time, in order', () => {
    const { clock, called, enter } = room();
    enter('a');
    clock.advance(1000);
    enter('b');
    clock.advance(settings.connectTimeoutMs - 1000);
    expect(called).toEqual(['a']);
    clock.advance(1000);
    expect(called).toEqual(['a', 'b']);
  });

  it('lets one that waits for a person stay longer, and no longer than that', () => {
    const { clock, waiting, called, enter } = room();
    waiting.extend(enter('guest'), 60_000);
    clock.advance(59_999);
    expect(called).toEqual([]);
    clock.advance(1);
    expect(called).toEqual(['guest']);
  });

  it('leaves one alone that is in, or gone, however long it was let stay', () => {
    const { clock, waiting, called, enter } = room();
    const [guest, plain] = [enter('guest'), enter('plain')];
    waiting.extend(guest, 60_000);
    waiting.leave(guest);
    waiting.leave(plain);
    clock.advance(120_000);
    expect(called).toEqual([]);
    expect(waiting.size).toBe(0);
  });
});
