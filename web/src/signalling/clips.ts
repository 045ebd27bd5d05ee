// What a desk and its node say about clips (docs/http.md).

/** Both sides in one film, or one side's picture with everybody's sound. */
export type Cut = 'pool' | 'side';

export type WorkStage = 'cutting' | 'checking' | 'poster' | 'signing';

/** A film that is being made, or could not be. */
export interface Work {
  /** Which opening of footage, from 1. */
  footage: number;
  cut: Cut;
  side: string | null;
  /** The clip of which it is a shorter whole. */
  shortens: string | null;
  state: 'waiting' | 'working' | 'failed';
  stage: WorkStage | null;
  /** 0..100 */
  percent: number;
  /** Why it failed. */
  why: string | null;
}

/**
 * Ours, theirs: whose half of a release stands while the other is missing. Cut off: footage turned out to be closed earlier
 * than the clip ends.
 */
export type ClipState = 'kept' | 'ours' | 'theirs' | 'released' | 'recalled' | 'replaced' | 'cut_off';

export interface ClipAct {
  act: 'made' | 'shortened' | 'released' | 'recalled';
  side: string;
  /** The seat's name, of the own side alone. */
  name: string | null;
  at: string;
}

/** Of a clip that is not here its hash, its side's words and nothing else is certain. */
export interface ClipView {
  sha256: string;
  footage: number | null;
  cut: Cut | null;
  side: string | null;
  file: string | null;
  bytes: number | null;
  /** Its length. */
  ms: number | null;
  /** When what it shows began. */
  from: string | null;
  made: string | null;
  shortens: string | null;
  /** Who asked for the shorter whole. */
  by: { seat: string; name: string } | null;
  /** False: the far side's, known by its hash alone. */
  here: boolean;
  poster: boolean;
  signed_by: string | null;
  time_stamp: string | null;
  sounds: string[];
  state: ClipState;
  /** The clip whose place it takes. */
  instead: string | null;
  may: {
    /** Null: yes. Else the refusal's code. */
    release: string | null;
    recall: boolean;
    shorten: boolean;
    /** Released clips whose place it could take. */
    correct: string[];
  };
  /** Its page in public. */
  url: string | null;
  acts: ClipAct[];
}

export interface ClipsView {
  /** A code where the programs that cut are not there. */
  programs: string | null;
  work: Work[];
  clips: ClipView[];
}

/** Where the node keeps what belongs to a call's clips. */
export const clipsAt = (call: string, what = '') => `/api/calls/${call}/clips${what}`;
