import { describe, expect, it } from 'vitest';
import { picture, sound } from '../src/media/codecs';
import { troubleOf } from '../src/media/devices';
import { loudness } from '../src/media/microphone';
import { PICTURE_MOST_KBPS, SOUND_KBPS, split } from '../src/media/rates';
import type { FarStats, Stats } from '../src/media/connection';
import { flowOf } from '../src/state/flow';
import { keepMic, micFor } from '../src/state/mic';
import { qualityOf } from '../src/state/quality';
import { liveCall, mainPicture, nextCall, screenOf } from '../src/state/screen';
import { A, B, summary, terms, view } from './made';

const seatOf = (seat: string | null) => ({ side: A, person: 1, seat, role: 'principal' as const, title: '', place: '', key: '', present: true, mic: true, state: null, check: null });

describe('which screen is due', () => {
  const OWN = { side: A, seat: 'principal', key: 'cc' };
  const live = view({ id: 'live', phase: 'gathering', gathered: [A, B], seats: [seatOf('principal')] });
  it('follows the call', () => {
    expect(screenOf([], {}, OWN, null, null)).toEqual({ is: 'waiting' });
    expect(screenOf([live], {}, OWN, null, null)).toEqual({ is: 'waiting' });
    expect(screenOf([live], { live }, OWN, null, null)).toEqual({ is: 'gathering', call: 'live' });
    expect(screenOf([live], { live: { ...live, gathered: [B] } }, OWN, null, null)).toEqual({ is: 'waiting' });
    expect(screenOf([live], { live }, { ...OWN, seat: 'aide', key: 'dd' }, null, null)).toEqual({ is: 'unplaced', call: 'live' });
    // While its own socket is new the node may not name the seat yet; its key is named by the vouch.
    const byKey = { ...live, seats: [{ ...seatOf(null), key: 'cc' }] };
    expect(screenOf([byKey], { live: byKey }, OWN, null, null)).toEqual({ is: 'gathering', call: 'live' });
    const on = { ...live, phase: 'in_session' as const };
    expect(screenOf([on], { live: on }, OWN, null, null)).toEqual({ is: 'session', call: 'live' });
  });

  it('shows the end of the call it was in, until that is put away', () => {
    const over = summary({ id: 'live', phase: 'ended' });
    expect(screenOf([over], {}, OWN, 'live', null)).toEqual({ is: 'ended', call: 'live' });
    expect(screenOf([over], {}, OWN, 'live', 'live')).toEqual({ is: 'waiting' });
    expect(screenOf([over], {}, OWN, null, null)).toEqual({ is: 'waiting' });
    expect(screenOf([over, live], { live }, OWN, 'live', null)).toEqual({ is: 'gathering', call: 'live' });
  });

  it('prefers a call that runs to one that gathers', () => {
    expect(liveCall([summary({ id: 'g', phase: 'gathering' }), summary({ id: 's', phase: 'in_session' })])?.id).toBe('s');
    expect(liveCall([summary({ phase: 'agreed' })])).toBeNull();
  });

  it('knows the next agreed call and forgets one long past', () => {
    const now = new Date('2026-01-10T12:00:00Z');
    const at = (id: string, start: string, phase: 'agreed' | 'proposed' = 'agreed') => summary({ id, phase, terms: terms({ start }) });
    expect(nextCall([at('later', '2026-01-12T10:00:00Z'), at('next', '2026-01-11T10:00:00Z'), at('open', '2026-01-10T13:00:00Z', 'proposed'), at('gone', '2026-01-09T10:00:00Z')], now)?.id).toBe('next');
    expect(nextCall([], now)).toBeNull();
  });

  it('fills the screen with the principal, whoever else is seen', () => {
    const call = view({ roster: [{ id: 5, side: B, role: 'interpreter', title: '', place: '' }, { id: 7, side: B, role: 'principal', title: '', place: '' }] });
    const track = (id: number, person: number, kind: 'picture' | 'sound') => ({ id, side: B, person, key: 'k', kind });
    expect(mainPicture([track(1, 5, 'picture'), track(2, 7, 'picture'), track(3, 7, 'sound')], call)?.id).toBe(2);
    expect(mainPicture([track(1, 5, 'picture')], call)?.id).toBe(1);
    expect(mainPicture([track(3, 7, 'sound')], call)).toBeNull();
  });
});

describe('the microphone', () => {
  it('is on until turned off in this call, and stays so over a reload', () => {
    const kept = new Map<string, string>();
    const keep = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
    expect(micFor(keep, 'principal', 'c1')).toBe(true);
    keepMic(keep, 'principal', 'c1', false);
    expect(micFor(keep, 'principal', 'c1')).toBe(false);
    expect(micFor(keep, 'principal', 'c2')).toBe(true);
    expect(micFor(keep, 'aide', 'c1')).toBe(true);
    keepMic(keep, 'principal', 'c1', true);
    expect(micFor(keep, 'principal', 'c1')).toBe(true);
  });

  it('is measured as an ear would', () => {
    expect(loudness([])).toBe(0);
    expect(loudness([0, 0, 0])).toBe(0);
    expect(loudness([0.0005, -0.0005])).toBe(0);
    expect(loudness([1, -1])).toBe(1);
    expect(loudness([0.1, -0.1])).toBeCloseTo(1 - 20 / 60);
  });
});

describe('what may be sent', () => {
  it('is the sound first, then as much picture as fits', () => {
    expect(split(null).picture).toMatchObject({ maxBitrate: PICTURE_MOST_KBPS * 1000, scaleResolutionDownBy: 1, maxFramerate: 30 });
    expect(split(100_000).picture?.maxBitrate).toBe(PICTURE_MOST_KBPS * 1000);
    expect(split(SOUND_KBPS + 800).picture).toMatchObject({ maxBitrate: 800_000, scaleResolutionDownBy: 1 });
    expect(split(SOUND_KBPS + 300).picture).toMatchObject({ scaleResolutionDownBy: 2 });
    expect(split(SOUND_KBPS + 100).picture).toMatchObject({ scaleResolutionDownBy: 3, maxFramerate: 15 });
    expect(split(SOUND_KBPS + 300, 360).picture).toMatchObject({ maxBitrate: 300_000, scaleResolutionDownBy: 1 });
    expect(split(6_000, 360).picture).toMatchObject({ maxBitrate: 800_000, scaleResolutionDownBy: 1, maxFramerate: 30 });
    expect(split(6_000, 120).picture).toMatchObject({ maxBitrate: 250_000, scaleResolutionDownBy: 1 });
    expect(split(SOUND_KBPS + 800, 1080).picture).toMatchObject({ scaleResolutionDownBy: 1.5 });
    expect(split(SOUND_KBPS).picture).toBeNull();
    expect(split(0).picture).toBeNull();
  });

  it('is VP9 profile 0 with its retransmission, and Opus with redundancy first', () => {
    const offered = [
      { mimeType: 'video/VP8' },
      { mimeType: 'video/rtx' },
      { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=2' },
      { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' },
      { mimeType: 'video/H264', sdpFmtpLine: 'profile-level-id=42e01f' },
      { mimeType: 'video/ulpfec' },
    ];
    expect(picture(offered).map((c) => `${c.mimeType} ${c.sdpFmtpLine ?? ''}`.trim())).toEqual(['video/VP9 profile-id=0', 'video/rtx']);
    expect(picture([{ mimeType: 'video/VP9' }]).length).toBe(1);
    expect(picture([{ mimeType: 'video/H264' }])).toEqual([]);
    expect(sound([{ mimeType: 'audio/opus' }, { mimeType: 'audio/PCMU' }, { mimeType: 'audio/red' }]).map((c) => c.mimeType)).toEqual(['audio/red', 'audio/opus']);
    expect(sound([{ mimeType: 'audio/PCMU' }])).toEqual([]);
  });

  it('device troubles are told apart', () => {
    const named = (name: string) => troubleOf(Object.assign(new Error(name), { name }));
    expect(['NotAllowedError', 'NotFoundError', 'NotReadableError', 'TypeError'].map(named)).toEqual(['refused', 'none', 'busy', 'failed']);
    expect(troubleOf('odd')).toBe('failed');
  });
});

describe('what arrives', () => {
  const far = (more: Partial<FarStats>): FarStats => ({ id: 1, side: B, person: 2, key: 'k', kind: 'picture', packets: 0, lost: 0, bytes: 0, frames: 0, width: 0, height: 0, fps: 0, freezes: 0, energy: 0, level: 0, samples: 0, concealed: 0, ...more });
  const stats = (...all: FarStats[]): Stats => ({ connection: 'connected', rtt_ms: 1, kbps: null, far: all, own: [] });

  it('is believed on decoded frames only, never on a connection', () => {
    expect(flowOf(null, stats()).picture).toBe('none');
    expect(flowOf(null, stats(far({ packets: 500 }))).picture).toBe('waiting');
    expect(flowOf(stats(far({ frames: 10 })), stats(far({ frames: 40 }))).picture).toBe('flowing');
    expect(flowOf(stats(far({ frames: 40 })), stats(far({ frames: 40, packets: 900 }))).picture).toBe('stalled');
  });

  it('does not take concealment for sound', () => {
    const sounds = (samples: number, concealed: number) => stats(far({ kind: 'sound', samples, concealed }));
    expect(flowOf(null, sounds(4800, 4800)).sound).toBe('waiting');
    expect(flowOf(sounds(9600, 100), sounds(14400, 4900)).sound).toBe('stalled');
    expect(flowOf(sounds(9600, 100), sounds(14400, 120)).sound).toBe('flowing');
  });
});

describe('the line in a word', () => {
  const line = { status: 'up' as const, rtt_ms: 130, loss: 0, jitter_ms: 4 };
  it('follows what was measured', () => {
    expect(qualityOf(null)).toBe('unknown');
    expect(qualityOf({ ...line, status: 'down' })).toBe('down');
    expect(qualityOf({ ...line, status: 'unconfirmed' })).toBe('unconfirmed');
    expect(qualityOf({ ...line, rtt_ms: null, loss: null })).toBe('unknown');
    expect(qualityOf(line)).toBe('good');
    expect(qualityOf({ ...line, loss: 0.05 })).toBe('fair');
    expect(qualityOf({ ...line, loss: 0.2 })).toBe('poor');
    expect(qualityOf({ ...line, rtt_ms: 700 })).toBe('poor');
  });
});
