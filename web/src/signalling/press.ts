// What a desk and its node say about the public page (docs/http.md).

export const TAGS = ['en', 'ru', 'ar'] as const;
export type Tag = (typeof TAGS)[number];

export type NoticeKind = 'announced' | 'held' | 'off';

export interface Show {
  times: boolean;
  length: boolean;
  asked: boolean;
  topics: boolean;
}

export interface Party {
  name: string;
  place: string;
  zone: string;
}

export interface Facts {
  ours: Party;
  far: Party;
  medium: 'picture' | 'sound';
  asked: 'ours' | 'far' | null;
  topics: string[];
  planned: string | null;
  begun: string | null;
  ended: string | null;
  day: string | null;
  minutes: number | null;
}

export interface Mark {
  seat: string;
  name: string;
  at: string;
}

export interface Quote {
  words: string;
  by: string;
}

export interface Text {
  title: string;
  paragraphs: string[];
  quotes: Quote[];
  note: string | null;
}

export type Texts = Record<Tag, Text | null>;

export interface Version {
  number: number;
  texts: Texts;
  show: Show;
  facts: Facts;
  drafted: Mark;
  approved: Mark | null;
  published: Mark | null;
}

export interface Readout {
  id: string;
  url: string | null;
  versions: Version[];
  withdrawn: Mark | null;
  may: ('draft' | 'approve' | 'publish' | 'withdraw')[];
  stale: boolean;
}

export interface Notice {
  url: string | null;
  kind: NoticeKind;
  show: Show;
  facts: Facts;
  by: Mark;
  stale: boolean;
}

export interface Clip {
  url: string | null;
  sha256: string;
  file: string;
  seconds: number;
}

export interface PressCall {
  call: string;
  url: string | null;
  facts: Facts;
  announce: 'nothing' | 'call' | 'topics';
  may: NoticeKind[];
  notice: Notice | null;
  readouts: Readout[];
  clips: Clip[];
  suggested: Texts;
}

export interface PressSummary {
  call: string;
  notice: NoticeKind | null;
  drafts: number;
  approved: number;
  published: number;
}

export interface Press {
  url: string | null;
  calls: PressSummary[];
}
