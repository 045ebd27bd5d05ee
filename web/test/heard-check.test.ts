// The check of a seat, in virtual time: each cause by itself, and what is found when all is well.
import { describe, expect, it } from 'vitest';
import { ANSWER_MS, Check, SPEAK_MS, type CheckSight } from '../src/heard/check';
import { TONE_MS } from '../src/heard/phrase';
import type { CheckFault } from '../src/signalling/protocol';

const STEP = 100;
const WELL: CheckSight = { open: true, there: true, picture: true, camera: true, microphone: true, speaking: true, sent: 'good', provenAt: -Infinity, silent: false, seenAt: 0, rttMs: 131.4, lossPermille: 4.2 };

/** Runs a check; `far`: when the far end proves him heard; `answer`: what he says of the tone, or the microphone. */
function run(change: Partial<CheckSight>, { proves = 2_000, answer = 'yes' as 'yes' | 'no' | 'microphone' | 'nothing' } = {}): { check: Check; took: number; steps: string[] } {
  const check = new Check(0);
  const steps: string[] = [];
  let now = 0;
  while (check.step !== 'done' && now < 120_000) {
    now += STEP;
    const provenAt = proves !== null && now >= proves ? proves : -Infinity;
    check.look({ ...WELL, provenAt, ...change }, now);
    if (steps.at(-1) !== check.step) steps.push(check.step);
    if (answer === 'microphone') check.tone(check.step === 'tone' ? 0.9 : 0, STEP);
    if (check.step === 'ask' && (answer === 'yes' || answer === 'no')) check.answer(answer === 'yes');
  }
  if (steps.at(-1) !== check.step) {
    steps.push(check.step);
  }
  return { check, took: now, steps };
}

const never = { provenAt: -Infinity };

describe('the check of a seat', () => {
  it('finds nothing wrong where nothing is', () => {
    const { check, steps, took } = run({});
    expect(steps).toEqual(['speak', 'tone', 'ask', 'done']);
    expect(check.result).toEqual({ heard: true, seen: true, hears: true, round_trip_ms: 131, loss_permille: 4, fault: null });
    expect(took).toBeLessThan(5_000);
    const alone = run({}, { answer: 'microphone' });
    expect(alone.steps).toEqual(['speak', 'tone', 'done']);
    expect(alone.check.result).toMatchObject({ hears: true, fault: null });
    expect(alone.took).toBeLessThan(2_000 + TONE_MS);
  });

  const causes: [CheckFault, Partial<CheckSight>, 'yes' | 'no' | 'nothing'][] = [
    ['no_microphone', { ...never, microphone: false, speaking: false }, 'yes'],
    ['silent_microphone', { ...never, speaking: false }, 'yes'],
    ['nobody_there', { ...never, there: false, sent: 'none', seenAt: -Infinity }, 'yes'],
    ['not_sent', { ...never, sent: 'bad' }, 'yes'],
    ['heard_silent', { ...never, silent: true }, 'yes'],
    ['not_heard', { ...never }, 'yes'],
    ['no_camera', { camera: false, seenAt: -Infinity }, 'yes'],
    ['not_seen', { seenAt: -Infinity }, 'yes'],
    ['no_loudspeaker', {}, 'no'],
    ['no_loudspeaker', {}, 'nothing'],
  ];
  it.each(causes)('names %s', (fault, change, answer) => {
    const { check, took } = run(change, { answer });
    expect(check.result?.fault).toBe(fault);
    expect(check.result?.heard).toBe(!('provenAt' in change));
    expect(check.result?.hears).toBe(answer === 'yes');
    expect(took).toBeLessThanOrEqual(SPEAK_MS + TONE_MS + 800 + ANSWER_MS + 3 * STEP);
  });

  it('names the first of several', () => {
    expect(run({ ...never, camera: false, seenAt: -Infinity }, { answer: 'no' }).check.result?.fault).toBe('not_heard');
    expect(run({ camera: false, seenAt: -Infinity }, { answer: 'no' }).check.result?.fault).toBe('no_camera');
  });

  it('asks for no picture where the call has none', () => {
    expect(run({ picture: false, camera: false, seenAt: -Infinity }).check.result).toMatchObject({ heard: true, seen: false, fault: null });
  });

  it('takes no proof of what was heard or seen before it began', () => {
    const check = new Check(10_000);
    check.look({ ...WELL, provenAt: 9_999, seenAt: 9_999 }, 11_000);
    expect([check.heard, check.seen]).toEqual([false, false]);
    check.look({ ...WELL, provenAt: 11_500, seenAt: 9_999 }, 11_600);
    expect([check.heard, check.seen, check.step]).toEqual([true, false, 'speak']);
    check.look({ ...WELL, provenAt: 11_500, seenAt: 11_700 }, 11_700);
    expect(check.seen).toBe(true);
    expect(check.step).toBe('tone');
  });

  it('gives the phrase and another tone their own time', () => {
    const check = new Check(0);
    check.look({ ...WELL }, 14_900);
    check.phrase(14_900);
    check.look({ ...WELL }, 29_800);
    expect(check.step).toBe('speak');
    check.look({ ...WELL }, 29_900);
    expect(check.step).toBe('tone');
    check.look({ ...WELL }, 32_000);
    expect(check.step).toBe('ask');
    check.again(32_100);
    expect(check.step).toBe('tone');
    check.tone(0.9, 150);
    check.tone(0.1, 150);
    check.tone(0.9, 150);
    expect(check.step).toBe('tone');
    check.tone(0.9, 150);
    expect(check.result).toMatchObject({ hears: true });
  });

  it('says that it was stopped, once', () => {
    const check = new Check(0);
    check.look(WELL, 100);
    check.look({ ...WELL, open: false }, 200);
    expect(check.result).toMatchObject({ heard: false, seen: true, fault: 'stopped' });
    const { result } = check;
    check.look({ ...WELL, provenAt: 300 }, 300);
    check.answer(true);
    expect(check.result).toBe(result);
  });

  it('keeps its numbers within their bounds', () => {
    const far = run({ rttMs: 1e9, lossPermille: Number.NaN });
    expect(far.check.result).toMatchObject({ round_trip_ms: 65_535, loss_permille: 0 });
    expect(run({ rttMs: -1, lossPermille: 5_000 }).check.result).toMatchObject({ round_trip_ms: 0, loss_permille: 1_000 });
  });
});
