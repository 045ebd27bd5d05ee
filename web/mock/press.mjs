// What a mock desk writes for its public page: kept for each side, with the acts' order and the second person as at a node.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

const STYLE = readFileSync(new URL('../../crates/press/static/style.css', import.meta.url), 'utf8');
const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const PREVIEW = { en: 'Preview: not published', ru: 'Предварительный просмотр: не опубликовано', ar: 'معاينة: غير منشور' };

/** A readout's markup as the node makes it, as far as pictures need it. */
function preview({ texts }, tag) {
  const text = texts[tag] ?? texts.en ?? texts.ru ?? texts.ar;
  const quote = (q) => `<figure class="quote"><blockquote><p>${escaped(q.words)}</p></blockquote><figcaption>${escaped(q.by)}</figcaption></figure>`;
  const body = text.paragraphs.map((p) => `<p>${escaped(p)}</p>`).join('') + text.quotes.map(quote).join('');
  return `<div lang="${tag}" dir="${tag === 'ar' ? 'rtl' : 'ltr'}"><article class="readout"><p class="off">${PREVIEW[tag]}</p><h1>${escaped(text.title)}</h1><div class="text">${body}</div></article></div>`;
}

/** The record's facts of a call, seen from `own`. */
function facts(call, own, far) {
  const minutes = call.ended ? Math.round((Date.parse(call.ended) - Date.parse(call.begun)) / 60_000) : null;
  const party = ({ name, place, zone }) => ({ name, place, zone });
  return { ours: party(own), far: party(far), medium: call.terms.medium, asked: call.asked_by === own.id ? 'ours' : 'far', topics: call.terms.topics, planned: call.terms.start, begun: call.begun, ended: call.ended, day: null, minutes };
}

const told = (all, show) => ({ ...all, asked: show.asked ? all.asked : null, topics: show.topics ? all.topics : [], day: all.ended && !show.times ? all.begun.slice(0, 10) : null, begun: show.times ? all.begun : null, ended: show.times ? all.ended : null, minutes: show.length ? all.minutes : null });

/** One side's book. `refuse` makes the error of a refusal; `clock` says what time it is. */
export function book({ own, far, calls, refuse, clock }) {
  const said = new Map();
  const site = () => `https://press.${own.zone.split('/').pop().toLowerCase().replaceAll('_', '-')}.example`;
  const of = (call) => {
    if (!said.has(call.id)) said.set(call.id, { notice: null, readouts: [], clips: [] });
    return said.get(call.id);
  };
  const mark = (seat) => ({ seat: seat.id, name: seat.name, at: clock().toISOString() });
  const mayBe = (call) => (call.ended ? ['held'] : call.phase === 'agreed' && (call.terms.announce ?? 'nothing') !== 'nothing' ? ['announced'] : []);
  const verbs = (readout, seat) => {
    const newest = readout.versions.at(-1);
    if (readout.withdrawn) return [];
    return [!newest.approved && newest.drafted.seat !== seat.id && 'approve', newest.approved && !newest.published && 'publish', 'withdraw', 'draft'].filter(Boolean);
  };
  const suggested = (call, all) => Object.fromEntries(['en', 'ru', 'ar'].map((tag) => [tag, { title: TITLES[tag](all), paragraphs: [`${all.ours.name} · ${all.far.name} · ${call.begun ?? call.terms.start} · ${all.topics.join('; ')}`], quotes: [], note: null }]));
  const view = (call, seat) => {
    const all = facts(call, own, far);
    const { notice, readouts, clips } = of(call);
    return {
      call: call.id, url: site(), facts: all, announce: call.terms.announce ?? 'nothing', may: mayBe(call), clips, suggested: suggested(call, all),
      notice: notice && { ...notice, url: `${site()}/en/call/${notice.id}`, stale: JSON.stringify(notice.facts) !== JSON.stringify(told(all, notice.show)) },
      readouts: readouts.map((r) => ({ ...r, may: verbs(r, seat), stale: false, url: !r.withdrawn && r.versions.some((v) => v.published) ? `${site()}/en/readout/${r.id}` : null })),
    };
  };
  const draft = (call, readout, seat, { texts, show }) => {
    const number = readout.versions.length + 1;
    readout.versions.push({ number, texts, show, facts: told(facts(call, own, far), show), drafted: mark(seat), approved: null, published: null });
  };

  function ofCall(call, what, body, seat) {
    if (what === 'notice') of(call).notice = { id: of(call).notice?.id ?? randomBytes(16).toString('hex'), kind: body.kind, show: body.show, facts: told(facts(call, own, far), body.show), by: mark(seat) };
    if (what === 'hide') of(call).notice = null;
    if (what === 'readouts') {
      const readout = { id: randomBytes(16).toString('hex'), versions: [], withdrawn: null };
      draft(call, readout, seat, body);
      of(call).readouts.push(readout);
    }
    return view(call, seat);
  }

  function ofReadout(id, what, tag, body, seat) {
    const [call, readout] = calls.flatMap((c) => of(c).readouts.map((r) => [c, r])).find(([, r]) => r.id === id) ?? [];
    const newest = readout?.versions.at(-1);
    if (!readout) throw Object.assign(new Error('not_found'), { status: 404 });
    if (what === 'preview') return { html: preview(newest, tag), css: STYLE };
    if (what === 'draft' && body.after !== newest.number) throw refuse('press_newer');
    if (what === 'draft') draft(call, readout, seat, body);
    if (what === 'approve' && newest.drafted.seat === seat.id) throw refuse('press_own_draft');
    if (what === 'approve') newest.approved = mark(seat);
    if (what === 'publish' && !newest.approved) throw refuse('press_unapproved');
    if (what === 'publish') newest.published = mark(seat);
    if (what === 'withdraw') readout.withdrawn = mark(seat);
    return view(call, seat);
  }

  return {
    of,
    answer([, , , what, id, verb, tag], body, seat) {
      if (!what) {
        const stands = (r) => (r.withdrawn ? 'gone' : r.versions.at(-1).published ? 'published' : r.versions.at(-1).approved ? 'approved' : 'drafts');
        const count = (readouts, is) => readouts.filter((r) => stands(r) === is).length;
        const row = ([call, { notice, readouts }]) => ({ call, notice: notice?.kind ?? null, drafts: count(readouts, 'drafts'), approved: count(readouts, 'approved'), published: count(readouts, 'published') });
        return { url: site(), calls: [...said].map(row) };
      }
      if (what === 'readouts') return ofReadout(id, verb, tag, body, seat);
      const call = calls.find((c) => c.id === id);
      if (!call) throw Object.assign(new Error('not_found'), { status: 404 });
      return ofCall(call, verb, body, seat);
    },
  };
}

const TITLES = {
  en: ({ ours, far }) => `Readout of ${ours.name}’s Call with ${far.name}`,
  ru: ({ ours, far }) => `О переговорах: ${ours.name} и ${far.name}`,
  ar: ({ ours, far }) => `بيان عن المكالمة بين ${ours.name} و${far.name}`,
};
