// The states of the desk's page about clips, for look.mjs to take pictures of.

import { createHash } from 'node:crypto';
import { film } from './reel.mjs';

const ALL = ['wide', 'mid', 'phone'];
const HASH = (n) => createHash('sha256').update(`clip ${n}`).digest('hex');

/** The clips of a call that was filmed twice, in every standing that there is. */
function listed({ call, own, far, at, place }) {
  const { mp4, ms } = film();
  const when = (minutes) => new Date(at + minutes * 60_000).toISOString();
  const sounds = call.terms.roster.filter((person) => person.role !== 'recorder').slice(0, 3).map((person) => person.title);
  const made = (n) => [{ act: 'made', side: own.id, name: null, at: when(n) }];
  const said = (side, name, n, act = 'released') => ({ act, side, name, at: when(n) });
  const desk = { seat: 'desk', name: own.desk };
  const may = (release, recall = false, shorten = true, correct = []) => ({ release, recall, shorten, correct });
  const clip = (n, more) => ({
    sha256: HASH(n), footage: 1, cut: 'pool', side: null, file: `${place}-${n}.mp4`, bytes: mp4.length, ms, from: when(-n), made: when(n), shortens: null, by: null,
    here: true, poster: true, signed_by: own.name, time_stamp: when(n), sounds, state: 'kept', instead: null, url: null, acts: made(n), may: may(null), ...more,
  });
  const absent = { here: false, footage: null, cut: null, file: null, bytes: null, ms: null, from: null, made: null, poster: false, signed_by: null, time_stamp: null, sounds: [] };
  return [
    clip(1, { may: may(null, false, true, [HASH(3), HASH(6)]) }),
    clip(2, { cut: 'side', side: far.id, state: 'ours', acts: [...made(2), said(own.id, own.desk, 4)], may: may('said_already', true) }),
    clip(3, { cut: 'side', side: own.id, state: 'released', url: `https://press.example/en/clip/${HASH(3)}`, time_stamp: null, acts: [...made(3), said(own.id, own.desk, 5), said(far.id, null, 6)], may: may('said_already', true) }),
    clip(4, { ...absent, state: 'theirs', acts: [said(far.id, null, 7)], may: may(null, false, false) }),
    clip(5, { footage: 2, state: 'cut_off', may: may('clip_cut_off', false, false) }),
    clip(6, { footage: 2, shortens: HASH(5), by: desk, state: 'released', acts: [said(own.id, own.desk, 8, 'shortened'), said(own.id, own.desk, 9), said(far.id, null, 10)], may: may('said_already', true) }),
    clip(7, { footage: 2, cut: 'side', side: far.id, state: 'recalled', acts: [...made(7), said(own.id, own.desk, 11), said(own.id, own.desk, 12, 'recalled')], may: may('embargoed') }),
    clip(8, { footage: 2, cut: 'side', side: own.id, poster: false, state: 'replaced', acts: [...made(8), said(own.id, own.desk, 13)], may: may('clip_replaced') }),
  ];
}

/** One film that is being made. */
const work = (more) => ({ footage: 1, cut: 'pool', side: null, shortens: null, state: 'working', stage: 'cutting', percent: 0, why: null, ...more });

export async function clips({ desk, second, node, call, own, far, shot, l, faults }) {
  const { reel } = node;
  const at = Date.parse(call.ended);
  const all = () => listed({ call, own: { ...own, desk: node.seats.get('desk').name }, far, at, place: l === 'ar' ? 'cairo-moscow' : 'washington-moscow' });
  const one = (n, more = '') => desk.locator(`[data-testid=clip][data-clip="${HASH(n)}"]${more}`);
  const of = (n, testid) => one(n).getByTestId(testid);
  const open = async (page) => {
    await page.evaluate((id) => (location.hash = `#/calls/${id}/clips`), call.id);
  };
  await open(desk);
  await desk.getByTestId('clips-missing').waitFor();
  await shot(desk, `${l}-clips-missing`, ['mid'], true);
  await desk.evaluate((id) => (location.hash = `#/calls/${id}`), call.id);
  await desk.getByTestId('clips-open').waitFor();
  await desk.getByTestId('clips-open').click();

  reel.put(call, {});
  await desk.reload();
  await desk.getByTestId('clips-none').waitFor();
  await shot(desk, `${l}-clips-none`, ['wide', 'phone'], true);
  const progress = [work({ percent: 42 }), work({ cut: 'side', side: far.id, stage: 'checking', percent: 7 }), work({ cut: 'side', side: own.id, state: 'waiting', stage: null })];
  reel.put(call, { work: progress });
  await desk.getByTestId('clip-work').first().waitFor();
  await shot(desk, `${l}-clips-work`, ALL, true);
  reel.put(call, { programs: 'clip_no_tools', work: [work({ state: 'failed', stage: null, why: 'clip_no_tools' }), work({ cut: 'side', side: far.id, state: 'failed', stage: 'checking', why: 'clip_damaged' })] });
  await desk.getByTestId('clip-failed').first().waitFor();
  await shot(desk, `${l}-clips-failed`, ALL, true);
  await desk.getByTestId('clips-again').click();
  await desk.getByTestId('clip-failed').first().waitFor({ state: 'detached' });

  const late = [work({ footage: 2, shortens: HASH(5), stage: 'signing', percent: 97 }), work({ footage: 2, cut: 'side', side: far.id, state: 'failed', stage: null, why: 'clip_time_stamp' })];
  reel.put(call, { work: late, clips: all() });
  await one(1).getByTestId('clip-poster').waitFor();
  await shot(desk, `${l}-clips-list`, ALL, true);
  await desk.getByTestId('light').click();
  await shot(desk, `${l}-clips-list-night`, ['wide', 'phone'], true);
  await desk.getByTestId('light').click();

  // The film, as it comes and as it plays; what is under way outlives a list that is read again.
  reel.put(call, { clips: all().slice(0, 4) });
  let go = () => undefined;
  reel.hold = new Promise((done) => (go = done));
  await of(1, 'clip-look').click();
  await shot(desk, `${l}-clips-coming`, ['mid'], true);
  reel.put(call, { clips: all().slice(0, 4) });
  reel.hold = null;
  go();
  await of(1, 'clip-film').waitFor();
  await desk.waitForFunction(() => document.querySelector('[data-testid=clip-film]')?.readyState > 0, null, { timeout: 10_000 }).catch(() => faults.push('clips: the film does not play'));
  await shot(desk, `${l}-clips-film`, ['wide', 'phone'], true);

  await of(1, 'clip-shorten').click();
  await desk.getByTestId('trim-from').fill('12.5');
  await desk.getByTestId('trim-to').fill('13');
  await desk.getByTestId('trim-fault').waitFor();
  await shot(desk, `${l}-clips-trim-fault`, ['mid', 'phone'], true);
  await desk.getByTestId('trim-to').fill('61.3');
  await desk.getByTestId('trim-handle-to').press('ArrowLeft');
  await desk.getByTestId('trim-says').waitFor();
  await shot(desk, `${l}-clips-trim`, ALL, true);
  await desk.getByTestId('light').click();
  await shot(desk, `${l}-clips-trim-night`, ['wide'], true);
  await desk.getByTestId('light').click();
  await desk.getByTestId('trim-play').click();
  await desk.waitForFunction(() => document.querySelector('[data-testid=clip-film]')?.currentTime > 12.6).catch(() => faults.push('clips: it does not play from the handle'));
  reel.refusals.shorten = 'clip_busy';
  await desk.getByTestId('trim-make').click();
  await of(1, 'trouble').waitFor();
  await shot(desk, `${l}-clips-busy`, ['mid']);
  await desk.getByTestId('trim-make').click();
  await desk.getByTestId('trim').waitFor({ state: 'detached' });
  const span = await desk.getByTestId('clip-work').getAttribute('data-state');
  if (span !== 'waiting') faults.push(`clips: the shorter whole is ${span}`);
  await of(1, 'clip-look').click();

  await of(1, 'clip-correct').click();
  await desk.getByTestId('clip-correct-choice').first().check();
  await desk.getByTestId('clip-correct-release').click();
  await shot(desk, `${l}-clips-correct`, ['wide', 'phone'], true);
  await desk.keyboard.press('Escape');
  await of(4, 'clip-release').click();
  await shot(desk, `${l}-clips-sure`, ['mid'], true);
  await of(4, 'clip-release').click();
  await one(4, '[data-state=released]').waitFor();
  await of(2, 'clip-recall').click();
  await of(2, 'clip-recall').click();
  await one(2, '[data-state=recalled]').waitFor();
  await shot(desk, `${l}-clips-after`, ['mid', 'phone'], true);

  reel.put(call, { clips: all().slice(0, 4) });
  await open(second);
  await second.getByTestId('clip-operators').first().waitFor();
  await shot(second, `${l}-clips-officer`, ['mid', 'phone'], true);

  // Where the terms let a side release without asking.
  const { footage } = call.terms;
  call.terms = { ...call.terms, footage: { ...footage, release: 'either', releasers: [own.id], embargo: { until: 'time', at: new Date(at + 3_600_000).toISOString() } } };
  for (const offer of call.offers) offer.terms = { ...offer.terms, footage: null };
  node.tell();
  await desk.getByTestId('clips-rule').locator('time').waitFor();
  await shot(desk, `${l}-clips-alone`, ['mid', 'phone'], true);
}
