// The words that node and browser exchange, as types. Nothing here runs.

export type Role = 'principal' | 'aide' | 'interpreter' | 'operator' | 'press' | 'recorder';
export const ROLES: readonly Role[] = ['principal', 'aide', 'interpreter', 'operator', 'press', 'recorder'];

export interface SideView {
  id: string;
  name: string;
  /** The capital. */
  place: string;
  /** IANA zone. */
  zone: string;
}

export interface SeatView {
  id: string;
  name: string;
  role: Role;
  place: string;
}

export interface Me {
  side: SideView & { key: string };
  seat: SeatView;
  version: string;
  now: string;
}

export interface LineView {
  far: SideView;
  status: 'unconfirmed' | 'down' | 'up';
  since: string | null;
  rtt_ms: number | null;
  /** 0..1 */
  loss: number | null;
  jitter_ms: number | null;
  skew_ms: number | null;
  rate_kbps: number | null;
}

export interface Person {
  id: number;
  side: string;
  role: Role;
  title: string;
  place: string;
}

export interface Footage {
  minutes: number;
  persons: number[];
  recorders: string[];
  release: 'either' | 'both';
}

export interface Zone {
  side: string;
  zone: string;
  place: string;
}

export interface Terms {
  medium: 'picture' | 'sound';
  start: string;
  minutes: number;
  zones: Zone[];
  topics: string[];
  reason: string;
  roster: Person[];
  languages: string[];
  footage: Footage | null;
  replaces: string | null;
}

export type Phase =
  | 'proposed'
  | 'agreed'
  | 'gathering'
  | 'in_session'
  | 'ended'
  | 'declined'
  | 'withdrawn'
  | 'lapsed';

export interface CallSummary {
  id: string;
  /** The far side's id. */
  line: string;
  phase: Phase;
  asked_by: string;
  terms: Terms;
  begun: string | null;
  ended: string | null;
  /** Waits for this side. */
  attention: boolean;
}

export type Standing = 'open' | 'agreed' | 'declined' | 'withdrawn' | 'lapsed' | 'replaced';

export interface OfferView {
  hash: string;
  by: string;
  at: string;
  terms: Terms;
  standing: Standing;
}

export interface CallSeatView {
  side: string;
  person: number;
  seat: string | null;
  role: Role;
  title: string;
  place: string;
  key: string;
  present: boolean;
  mic: boolean | null;
}

export interface StatementView {
  hash: string;
  side: string;
  number: number;
  at: string;
  kind: string;
  key: string;
  acknowledged: boolean;
  detail: Record<string, string | number>;
}

export type Verb = 'agree' | 'counter' | 'decline' | 'withdraw' | 'gather' | 'begin' | 'end' | 'vouch' | 'admit' | 'strike';

export interface CallView extends CallSummary {
  offers: OfferView[];
  crossed: boolean;
  forked: boolean;
  gathered: string[];
  begin_by: string[];
  interrupted: { side: string; since: string }[];
  gaps: { from: string; to: string | null }[];
  seats: CallSeatView[];
  timeline: StatementView[];
  may: Verb[];
  roster: Person[];
}

export interface TrackView {
  id: number;
  side: string;
  person: number;
  /** The key of the seat that it comes from, as its node says; who that is, the record says. */
  key: string;
  kind: 'sound' | 'picture';
}

export type FromNode =
  | { t: 'challenge'; nonce: string }
  | { t: 'ready'; me: Me }
  | { t: 'lines'; lines: LineView[] }
  | { t: 'calls'; calls: CallSummary[] }
  | { t: 'call'; call: CallView }
  | { t: 'ring'; call: string }
  | { t: 'tracks'; call: string; tracks: TrackView[] }
  | { t: 'media.answer'; id: number; sdp: string }
  | { t: 'media.error'; id: number; code: string }
  | { t: 'media.restart' }
  | { t: 'media.again' }
  | { t: 'rate'; kbps: number }
  | { t: 'replaced' }
  | { t: 'going' }
  | { t: 'refused'; code: string; args: Args };

export type ToNode =
  | { t: 'prove'; signature: string }
  | {
      t: 'media.offer';
      id: number;
      call: string;
      sdp: string;
      send: { mid: string; source: 'microphone' | 'camera' }[];
      recv: { mid: string; track: number }[];
    }
  | { t: 'media.stop' }
  | { t: 'mic'; on: boolean }
  | { t: 'end'; call: string };

export type Args = Record<string, string | number>;

/** A longer frame is refused by the node; nothing that a browser says comes near it. */
export const MAX_FRAME = 256 * 1024;
