// Says when an interpreter who is needed is missing, or silent while somebody speaks the language that he interprets from.
// Pure; time is an argument.

import type { CallView, Interpretation, Person } from '../signalling/protocol';
import { directed, personKey, sameLanguage } from './route';

export type Why = 'missing' | 'muted' | 'silent';

export interface Alarm {
  /** One direction of interpretation, whoever of its interpreters it concerns. */
  from: string;
  to: string;
  why: Why;
  people: Person[];
}

/** So long may the floor speak with no word from the interpreter. */
export const SILENT_MS = 8_000;
/** A terminal that is being started again is not missing yet. */
export const MISSING_MS = 3_000;
/** When the floor has been silent for so long, nobody waits for the interpreter any more. */
const OVER_MS = 20_000;
/** A page that was not looked at for longer has measured nothing meanwhile. */
const STEP_MS = 1_000;

interface Direction {
  key: string;
  from: string;
  to: string;
  people: Person[];
}

/** Interpreters of one direction relieve each other: one who speaks is enough. */
export function directions(roster: readonly Person[]): Direction[] {
  const out: Direction[] = [];
  for (const person of roster.filter(directed)) {
    const { from, to } = person.interprets;
    const known = out.find((d) => sameLanguage(d.from, from) && sameLanguage(d.to, to));
    if (known) known.people.push(person);
    else out.push({ key: `${from}>${to}`, from, to, people: [person] });
  }
  return out;
}

/** What a desk can see: nobody of a direction at his seat, or nobody's microphone on. In call order, the worse first. */
export function seen(call: Pick<CallView, 'phase' | 'roster' | 'seats'> & { terms: { interpretation?: Interpretation } }): Alarm[] {
  if (call.phase !== 'gathering' && call.phase !== 'in_session') return [];
  if ((call.terms.interpretation ?? 'none') === 'none') return [];
  return directions(call.roster).flatMap(({ from, to, people }): Alarm[] => {
    const seats = people.map((p) => call.seats.find((s) => s.side === p.side && s.person === p.id));
    if (!seats.some((s) => s?.present)) return [{ from, to, why: 'missing', people }];
    if (call.phase === 'in_session' && call.terms.interpretation === 'simultaneous' && !seats.some((s) => s?.present && s.mic !== false)) return [{ from, to, why: 'muted', people }];
    return [];
  });
}

export interface Look {
  interpretation: Interpretation;
  roster: readonly Person[];
  /** Side and number of those at their seats whose sound comes here, or cannot come here by the rules. */
  here: ReadonlySet<string>;
  /** Side and number of those who speak at this moment. */
  speaking: ReadonlySet<string>;
  /** Languages in which somebody on the floor speaks at this moment. */
  floor: readonly string[];
}

interface Standing {
  missingSince: number | null;
  waited: number;
  floorAt: number;
  silent: boolean;
}

export class Watch {
  private standings = new Map<string, Standing>();
  private last: number | null = null;

  /** As often as the voices are measured. */
  look(now: number, look: Look): Alarm[] {
    const step = this.last === null ? 0 : Math.min(STEP_MS, Math.max(0, now - this.last));
    this.last = now;
    if (look.interpretation === 'none') {
      this.standings.clear();
      return [];
    }
    const due = directions(look.roster);
    for (const key of this.standings.keys()) if (!due.some((d) => d.key === key)) this.standings.delete(key);
    return due.flatMap((direction): Alarm[] => {
      const { key, from, to, people } = direction;
      const standing = this.standings.get(key) ?? { missingSince: null, waited: 0, floorAt: now, silent: false };
      this.standings.set(key, standing);
      const why = this.why(standing, direction, now, step, look);
      return why ? [{ from, to, why, people }] : [];
    });
  }

  private why(standing: Standing, { from, people }: Direction, now: number, step: number, look: Look): Why | null {
    const key = (p: Person) => personKey({ side: p.side, person: p.id });
    if (!people.some((p) => look.here.has(key(p)))) {
      standing.missingSince ??= now;
      standing.waited = 0;
      standing.silent = false;
      return now - standing.missingSince >= MISSING_MS ? 'missing' : null;
    }
    standing.missingSince = null;
    // An interpreter who holds the floor in turn is silent while others speak, and rightly.
    if (look.interpretation !== 'simultaneous' || people.some((p) => look.speaking.has(key(p)))) {
      standing.waited = 0;
      standing.silent = false;
      return null;
    }
    if (look.floor.some((tag) => sameLanguage(tag, from))) {
      standing.waited += step;
      standing.floorAt = now;
    } else if (now - standing.floorAt >= OVER_MS) {
      standing.waited = 0;
      standing.silent = false;
    }
    if (standing.waited >= SILENT_MS) standing.silent = true;
    return standing.silent ? 'silent' : null;
  }
}

/** Side and number of the interpreters for whom an alarm stands. */
export const failing = (alarms: readonly Alarm[]): Set<string> => new Set(alarms.flatMap((a) => a.people.map((p) => personKey({ side: p.side, person: p.id }))));
