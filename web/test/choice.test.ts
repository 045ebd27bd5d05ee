import { describe, expect, it } from 'vitest';
import { chosen, find, makesWay, named, newsOf, nothingKept, order, readKept, real, type Choice, type Device } from '../src/media/choice';
import { constraints } from '../src/media/profile';

const device = (id: string, label = `EXAMPLE ${id}`, group = `g-${id}`): Device => ({ id, label, group });
const A = device('a');
const B = device('b');
const C = device('c');
const AB: Choice = { chosen: A, spare: { ...B, tried: true } };

describe('finding a device again', () => {
  it('leaves out the names that stand for the system’s own choice', () => {
    const list = [device('default'), device('communications'), A];
    expect(real(list)).toEqual([A]);
    expect(named(list)).toBe(true);
    expect(named([device('', '', '')])).toBe(false);
  });

  it('goes by the id, then by label and group, then by a label that means one device alone', () => {
    expect(find([B, A], A)).toEqual(A);
    const moved = device('z', A.label, 'elsewhere');
    expect(find([B, moved], A)).toEqual(moved);
    const twins = [device('x', A.label, 'g1'), device('y', A.label, A.group)];
    expect(find(twins, A)).toEqual(twins[1]);
    expect(find([device('x', A.label, 'g1'), device('y', A.label, 'g2')], A)).toBeNull();
    expect(find([device('x', '', '')], device('q', '', ''))).toBeNull();
  });

  it('does not take the spare of the same make for the chosen one', () => {
    const twin = device('b', A.label, 'g-b');
    expect(find([twin], A, twin)).toBeNull();
    expect(order([twin], { chosen: A, spare: { ...twin, tried: true } })[0]).toEqual({ place: 'spare', device: twin });
  });
});

describe('what is opened', () => {
  const places = (list: Device[], choice: Choice, failed?: ReadonlySet<string>) => order(list, choice, failed).map((c) => c.place);

  it('is the chosen one, else the spare, else what the system gives', () => {
    expect(places([A, B, C], AB)).toEqual(['chosen', 'spare', 'default']);
    expect(places([B, C], AB)).toEqual(['spare', 'default']);
    expect(places([C], AB)).toEqual(['default']);
    expect(places([], AB)).toEqual([]);
    expect(places([A, B], { chosen: null, spare: null })).toEqual(['default']);
  });

  it('tries what was kept before the browser gives names', () => {
    expect(order([device('', '', '')], AB)).toEqual([{ place: 'chosen', device: A }, { place: 'spare', device: B }, { place: 'default', device: null }]);
  });

  it('passes over what would not open, until it was unplugged', () => {
    expect(places([A, B], AB, new Set(['a']))).toEqual(['spare', 'default']);
  });

  it('makes way for the chosen one when that is back, and for nothing lesser', () => {
    const spare = { place: 'spare', device: B } as const;
    expect(makesWay(spare, order([A, B], AB)[0])).toBe(true);
    expect(makesWay(spare, order([B], AB)[0])).toBe(false);
    expect(makesWay(spare, undefined)).toBe(false);
    expect(makesWay({ place: 'chosen', device: A }, order([A, B, C], AB)[0])).toBe(false);
    expect(makesWay({ place: 'chosen', device: A }, order([A, B, C], { chosen: C, spare: null })[0])).toBe(true);
    expect(makesWay({ place: 'default', device: null }, order([A, B], { chosen: null, spare: null })[0])).toBe(false);
  });
});

describe('what must be said', () => {
  const chosenA = { place: 'chosen', device: A } as const;
  const spareB = { place: 'spare', device: B } as const;
  const rest = { place: 'default', device: null } as const;

  it('names an unplugging, and what is in use instead', () => {
    expect(newsOf(chosenA, spareB, [B], AB)).toEqual({ is: 'gone', instead: 'spare' });
    expect(newsOf(chosenA, rest, [C], AB)).toEqual({ is: 'gone', instead: 'default' });
    expect(newsOf(null, spareB, [B], AB)).toEqual({ is: 'missing', instead: 'spare' });
    expect(newsOf(null, spareB, [A, B], AB)).toEqual({ is: 'failed', instead: 'spare' });
  });

  it('says that the chosen one is back, and nothing where nothing changed', () => {
    expect(newsOf(spareB, chosenA, [A, B], AB)).toEqual({ is: 'back' });
    expect(newsOf(null, chosenA, [A, B], AB)).toBeNull();
    expect(newsOf(spareB, spareB, [B], AB)).toBeNull();
    expect(newsOf(null, rest, [C], { chosen: null, spare: null })).toBeNull();
  });
});

describe('what a browser keeps', () => {
  it('comes back as it was kept', () => {
    const kept = { ...nothingKept(), profile: 'speakerphone' as const };
    kept.choices.microphone = AB;
    expect(readKept(JSON.stringify(kept))).toEqual(kept);
  });

  it('counts as nothing where it has another shape', () => {
    for (const text of [null, '', '{', '[]', 'null', '7', '{"choices":7}', '{"profile":"x","choices":{"microphone":[]}}', '{"choices":{"camera":{"chosen":{"id":7}}}}', '{"choices":{"camera":{"spare":{"id":"","label":"","group":""}}}}'])
      expect(readKept(text), `${text}`).toEqual(nothingKept());
  });

  it('never makes a device its own spare', () => {
    expect(chosen(AB, 'chosen', B)).toEqual({ chosen: B, spare: null });
    expect(chosen(AB, 'spare', A)).toEqual({ chosen: A, spare: null });
    expect(chosen(AB, 'spare', C)).toEqual({ chosen: A, spare: { ...C, tried: false } });
    expect(chosen(AB, 'chosen', null)).toEqual({ chosen: null, spare: AB.spare });
  });
});

describe('what is asked of a device', () => {
  it('cancels the echo in both profiles, and insists on the device alone', () => {
    const audio = (profile: 'headset' | 'speakerphone', id: string | null) => constraints('microphone', profile, id).audio as Record<string, unknown>;
    expect(audio('headset', null)).toMatchObject({ echoCancellation: true, noiseSuppression: true, autoGainControl: true });
    expect(audio('headset', null)).not.toHaveProperty('deviceId');
    expect(audio('speakerphone', 'a')).toMatchObject({ deviceId: { exact: 'a' }, echoCancellation: 'all', autoGainControl: false });
    expect(constraints('camera', 'headset', 'a')).toEqual({ video: { deviceId: { exact: 'a' }, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } });
  });
});
