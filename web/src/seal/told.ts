// What the screen is told of a group: its status at each change, and the lease.

import { same, type Bytes } from './bytes';
import { type Heard, LATE_MS } from './heard';
import type { Alarm, SealMember, SealStatus } from './messages';
import type { Member } from './mls';
import type { Seats } from './seats';
import type { Spoken } from './spoken';
import { type Word, words } from './words';

export interface Sight {
  seat: string;
  member: Member | null;
  alarm: Alarm | null;
  blocked: boolean;
  sending: boolean;
  appliedAt: number;
  spoken: Spoken;
  farEver: boolean;
  lease: boolean;
  now: number;
}

export class Told {
  private last = '';
  private lease = false;
  private cache: { seed: Bytes; words: Word[] } | null = null;

  constructor(
    private readonly seats: Seats,
    private readonly heard: Heard,
    private readonly out: { status(status: SealStatus): void; lease(held: boolean): void },
  ) {}

  /** Tells what changed since the last time. */
  async tell(sight: Sight): Promise<void> {
    if (sight.lease !== this.lease) this.out.lease((this.lease = sight.lease));
    const status = await this.status(sight);
    const text = JSON.stringify(status);
    if (text === this.last) return;
    this.last = text;
    this.out.status(status);
  }

  private async status(sight: Sight): Promise<SealStatus> {
    const { member, alarm, spoken } = sight;
    const found = sight.farEver ? spoken.found : null;
    if (found && (!this.cache || !same(this.cache.seed, found.seed))) this.cache = { seed: found.seed, words: await words(found.seed) };
    return {
      state: alarm ? 'alarm' : sight.blocked ? 'joining' : 'sealed',
      alarm,
      epoch: member?.epoch ?? 0,
      words: found ? this.cache!.words : null,
      wordsOwn: found !== null && spoken.own,
      sending: sight.sending,
      members: (member?.leaves ?? []).map(({ key }) => this.member(key, member!.epoch, sight)),
    };
  }

  private member(key: string, epoch: number, { seat, now, appliedAt }: Sight): SealMember {
    const me = key === seat;
    const silent = now - Math.max(this.heard.at(key), appliedAt) > LATE_MS;
    return { key, side: this.seats.side(key), confirmed: me || this.heard.confirmed(key, epoch), late: !me && silent };
  }
}
