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
  /** Hash of the pages that the own node serves. */
  web: string;
  /** The side allows a microphone's device to stay open while it is off, so that its speaker can be warned. */
  microphone_stays_open: boolean;
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
  /** Hash of the pages that the far node serves, as it last said, and as it stood at pairing. */
  web: string | null;
  web_paired: string | null;
}

export interface Person {
  id: number;
  side: string;
  role: Role;
  title: string;
  place: string;
  /** Which way an interpreter interprets, as language tags; null for everybody else. */
  interprets?: { from: string; to: string } | null;
}

export interface Footage {
  minutes: number;
  persons: number[];
  recorders: string[];
  /** Whether a releaser's word is enough, or the other side's consent is needed. */
  release: 'either' | 'both';
  /** The sides that may release a clip. */
  releasers: string[];
  embargo: Embargo;
}

/** Until when nothing of the footage is released; `at` stands where it is a time, and only there. */
export type Embargo = { until: 'none' | 'end' } | { until: 'time'; at: string };

/** What each side may say publicly of a call before it takes place: nothing, that it is and when, who asked and the topics too. */
export type Announce = 'nothing' | 'call' | 'topics';

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
  interpretation?: Interpretation;
  footage: Footage | null;
  /** A node always says it. */
  announce?: Announce;
  replaces: string | null;
}

/** Whether interpreters take part, and whether they speak in turn or at the same time. */
export type Interpretation = 'none' | 'consecutive' | 'simultaneous';

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
  /** What its terminal last said of itself. Desks are told it, of own seats; else null. */
  state: SeatState | null;
  /** What its terminal last found when it was asked to check itself. Desks are told it, of own seats, while the call gathers; else null. */
  check: (CheckResult & { at: string }) | null;
}

/** Off: the microphone is off. None: nobody is there to hear. Not yet: not proven. Bad: the fault names it. */
export type Light = 'off' | 'none' | 'not_yet' | 'good' | 'bad';

/**
 * Dead: the device gives digital zero. Gone: unplugged. Refused: the browser may not. Muted: in hardware or by the system.
 * Not leaving: encoder or seal send nothing. Not arriving: the far terminal decodes nothing of it. Silent: it decodes, and
 * hears silence while this person speaks. Unsealed: keys are missing.
 */
export type Fault = 'dead' | 'gone' | 'refused' | 'muted' | 'not_leaving' | 'not_arriving' | 'silent' | 'unsealed';

/** What a terminal says of itself to its own side's desks. */
export interface SeatState {
  /** The microphone at the device, in the encoder, at the far decoder; the picture at the far decoder. */
  captured: Light;
  sent: Light;
  heard: Light;
  seen: Light;
  /** The first that stands. */
  fault: Fault | null;
  /** Somebody speaks into a microphone that is off. */
  talking_off: boolean;
  /** A note, never a block. */
  camera: 'covered' | 'dark' | 'backlit' | 'frozen' | null;
  /** Receipts prove sound and picture both ways. */
  connected: boolean;
  /** An interpreter whom the call needs has been silent while the floor spoke. */
  uninterpreted: boolean;
}

export type CheckFault =
  | 'no_microphone'
  | 'silent_microphone'
  | 'not_sent'
  | 'not_heard'
  | 'heard_silent'
  | 'no_camera'
  | 'not_seen'
  | 'no_loudspeaker'
  | 'nobody_there'
  | 'stopped';

/** What a terminal found when it was asked to check itself. */
export interface CheckResult {
  heard: boolean;
  seen: boolean;
  hears: boolean;
  /** 0..65535 */
  round_trip_ms: number;
  /** 0..1000 */
  loss_permille: number;
  fault: CheckFault | null;
}

/** A side's newest Preflight under the terms in force, as it signed it. */
export interface PreflightView {
  side: string;
  at: string;
  seats: {
    /** Key of the seat. */
    key: string;
    /** Roster number of who is vouched for there; null for nobody. */
    person: number | null;
    heard: boolean;
    seen: boolean;
    hears: boolean;
    round_trip_ms: number;
    loss_permille: number;
    /** `not_checked`, a CheckFault, or what another node wrote. */
    remark: string | null;
  }[];
}

/** Words on one's own side alone. */
export interface Aside {
  id: number;
  /** Name of the seat that said it. */
  from: string;
  role: Role;
  to: 'principal' | 'delegation';
  text: string;
  at: string;
  /** The principal has put it away. */
  seen: boolean;
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

export type RecorderState = 'idle' | 'waiting' | 'writing' | 'nothing' | 'disk_low' | 'disk_full' | 'finishing' | 'done';

/** The own recorder, as its node sees it. */
export interface RecorderView {
  person: number;
  /** Its X25519 key. */
  key: string;
  /** Waiting: no key yet. Nothing: keys are there, and nothing arrives. */
  state: RecorderState;
  seconds: number;
  bytes: number;
}

/** Footage in a call whose terms have it; told at most once a second. */
export interface FootageView {
  open: boolean;
  own_half: boolean;
  far_half: boolean;
  opened_at: string | null;
  /** By the node's clock. */
  ends_at: string | null;
  recorder: RecorderView | null;
}

export type Verb = 'agree' | 'counter' | 'decline' | 'withdraw' | 'gather' | 'begin' | 'end' | 'vouch' | 'admit' | 'strike' | 'open' | 'close';

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
  /** Whose halves of a check before Begin stand; with both, sound and picture pass while the call gathers. */
  checking: { own: boolean; far: boolean };
  /** Each side's newest Preflight under the terms in force. */
  preflights: PreflightView[];
  /** Which topic of the terms is talked about, as the own side's operator says; own side only. */
  topic: { index: number; since: string } | null;
  /** Null where the terms in force have no footage. */
  footage: FootageView | null;
}

export interface TrackView {
  id: number;
  side: string;
  person: number;
  /** The key of the seat that it comes from, as its node says; who that is, the record says. */
  key: string;
  kind: 'sound' | 'picture';
}

/** A key package that waits for somebody to add it. */
export interface KeyPackage {
  /** Key of the seat whose terminal made it. */
  key: string;
  /** Base64. */
  bytes: string;
}

/** How a side's keys follow from the one that its id names. */
export interface ChainSide {
  side: string;
  /** Its first key. */
  key: string;
  /** Its Rekeys, oldest first; base64. */
  rekeys: string[];
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
  /** Statements of a call, base64: all that are known, in pages, each after those that it has seen; then each as it is
   * stored. `sides` stands in the first page and is sent again with a new key, else it is empty. */
  | { t: 'chain'; call: string; sides: ChainSide[]; statements: string[] }
  /** The call's MLS group; bytes are base64, `group` 32 hex digits. */
  | { t: 'seal.packages'; call: string; packages: KeyPackage[] }
  | { t: 'seal.commit'; call: string; group: string; epoch: number; commit: string; welcome: string | null; by: string }
  | { t: 'seal.late'; call: string; group: string; epoch: number }
  | { t: 'seal.away'; call: string }
  | { t: 'seal.note'; call: string; from: string; bytes: string }
  | { t: 'rate'; kbps: number }
  /** Check yourself and answer with `checked`. */
  | { t: 'check'; call: string }
  /** The operator of one's own side mutes this seat, or asks its person to speak: nobody can switch a microphone on from afar. */
  | { t: 'asked'; call: string; what: 'mute' | 'speak' }
  /** All asides that this seat may see, oldest first: after `ready` and at each change. */
  | { t: 'asides'; call: string; asides: Aside[] }
  /** To desks: the clips of a call have changed, at most twice a second. */
  | { t: 'clips'; call: string }
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
  | { t: 'end'; call: string }
  | { t: 'seal.package'; call: string; bytes: string | null }
  | { t: 'seal.commit'; call: string; group: string; epoch: number; commit: string; welcome: string | null }
  | { t: 'seal.since'; call: string; group: string | null; epoch: number }
  | { t: 'seal.note'; call: string; bytes: string }
  /** The footage root of an epoch of the group, sealed to a recorder's key (HPKE); keys and ids in hexadecimal, 80 bytes in base64. */
  | { t: 'footage.root'; call: string; group: string; epoch: number; context: string; recorder: string; envelope: string }
  /** This terminal went back to the sealed key by itself: the minutes are over, or the far side is not heard. */
  | { t: 'footage.closed'; call: string; why: 'clock' | 'lease' }
  /** The principal who sits here closes footage; `pressed`: when, by the node's clock. */
  | { t: 'footage.close'; call: string; pressed?: string }
  /** For the own side's desks alone: on change, at most twice a second, and after `ready`. */
  | { t: 'state'; state: SeatState }
  | { t: 'checked'; call: string; result: CheckResult }
  /** 1 to 500 characters, no control characters; ten at once and one a second. */
  | { t: 'aside'; call: string; to: 'principal' | 'delegation'; text: string }
  | { t: 'aside.seen'; call: string; id: number };

/** What the desk asks of a seat of its own side: POST /api/calls/{id}/seat. */
export interface SeatRequest {
  seat: string;
  do: 'mute' | 'ask';
}

export type Args = Record<string, string | number>;

/** A longer frame is refused by the node; a commit with its Welcome is the longest that a browser says. */
export const MAX_FRAME = 384 * 1024;
