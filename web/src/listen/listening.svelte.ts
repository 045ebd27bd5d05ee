// What this terminal's person hears, kept in step: the choice, the route, the gains over time, the alarms.
//
// Plays through the graph where it runs, else through the media elements themselves, with their volume as the gain and
// without a limiter.

import type { FarTrack } from '../media/connection';
import { language } from '../state/language.svelte';
import type { Terminal } from '../state/terminal.svelte';
import { failing, Watch, type Alarm } from './alarm';
import { Graph, speaks } from './graph';
import { directed, FIRST, gainOf, HEARINGS, next, personKey, route, tongues, UNDER_MS, type Choice, type Listener, type Route } from './route';

const TICK_MS = 50;
const CHECK_MS = 1_000;
/** How often the elements' own statistics are read where there is no graph to measure. */
const READ_MS = 300;
/** The meter of the own microphone at which somebody speaks into it. */
const OWN_SPEAKS = 0.35;
const NOWHERE: Route = { parts: [], languages: [], into: null, interprets: null, instead: false };

export class Listening {
  choice = $state.raw<Choice>(FIRST);
  alarms = $state.raw<readonly Alarm[]>([]);
  /** Side and number of the interpreters who speak at this moment. */
  interpreting = $state.raw<ReadonlySet<string>>(new Set());
  /** Whether bursts are kept from the listener's ears. */
  limited = $state(false);
  private call = $state<string | null>(null);
  private graph: Graph | null = null;
  private elements = new Map<number, HTMLAudioElement>();
  private spoke = new Map<number, number>();
  private watch = new Watch();
  private timer: ReturnType<typeof setInterval> | undefined;
  private checked = 0;
  private read = { at: 0, energy: new Map<number, number>() };
  private sink = '';
  private plugged = () => this.graph?.state === 'failed' && this.begin();

  readonly listener: Listener = $derived.by(() => {
    const { session, call } = this.terminal;
    const side = session.me?.side.id ?? '';
    const seat = call?.seats.find((s) => s.side === side && (s.key === session.key || s.seat === session.seat));
    return { side, person: seat?.person ?? null, key: session.key, reads: language() };
  });
  readonly way: Route = $derived.by(() => {
    const { call, far } = this.terminal;
    if (!call) return NOWHERE;
    const tracks = far.map((f) => f.view);
    return route({ interpretation: call.terms.interpretation ?? 'none', roster: call.roster }, tracks, this.listener, this.choice, failing(this.alarms));
  });

  /** An interpreter, not this one, is silent while the floor speaks. */
  readonly silent: boolean = $derived.by(() => {
    const { side, person } = this.listener;
    return this.alarms.some(({ why, people }) => why === 'silent' && !people.some((p) => p.side === side && p.id === person));
  });

  constructor(private terminal: Terminal) {}

  start(): void {
    this.begin();
    this.timer = setInterval(() => this.tick(performance.now()), TICK_MS);
    navigator.mediaDevices?.addEventListener('devicechange', this.plugged);
  }

  stop(): void {
    clearInterval(this.timer);
    navigator.mediaDevices?.removeEventListener('devicechange', this.plugged);
    this.graph?.close();
    this.graph = null;
    this.limited = false;
    this.spoke.clear();
    this.watch = new Watch();
    this.alarms = [];
    this.interpreting = new Set();
  }

  /** The call on screen: the choice is kept for it, over a reload of the page. */
  follow(call: string | null): void {
    if (call === this.call) return;
    this.call = call;
    this.choice = call ? kept(this.key(call)) : FIRST;
    this.watch = new Watch();
    this.alarms = [];
  }

  choose(choice: Choice): void {
    this.choice = choice;
    if (this.call) sessionStorage.setItem(this.key(this.call), JSON.stringify(choice));
    this.tick(performance.now());
  }

  /** One press of the key. */
  next(): void {
    this.choose(next(this.choice, this.way));
  }

  /** The voices as they come and go. */
  voices(sounds: readonly FarTrack[]): void {
    this.graph?.set(new Map(sounds.map((s) => [s.view.id, s.track])));
    for (const id of this.spoke.keys()) if (!sounds.some((s) => s.view.id === id)) this.spoke.delete(id);
    this.tick(performance.now());
  }

  /** An element that holds a voice: Chromium gives a graph nothing of a track that no element plays. */
  add(id: number, audio: HTMLAudioElement): void {
    this.elements.set(id, audio);
    audio.muted = this.limited;
    void this.aim(audio);
    this.tick(performance.now());
  }

  remove(id: number, audio: HTMLAudioElement): void {
    if (this.elements.get(id) === audio) this.elements.delete(id);
  }

  /** Within a press in the page. */
  wake(): void {
    this.graph?.wake();
  }

  /** The loudspeaker that was chosen; '' is the system's. */
  setSink(id: string): void {
    if (id === this.sink) return;
    this.sink = id;
    void this.graph?.setSink(id);
    for (const audio of this.elements.values()) void this.aim(audio);
  }

  private async aim(audio: HTMLAudioElement): Promise<void> {
    const element = audio as HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };
    if (this.sink || element.sinkId) await element.setSinkId?.(this.sink).catch(() => undefined);
  }

  private begin(): void {
    this.graph?.close();
    const graph: Graph = new Graph(
      () => this.graph === graph && this.switch(),
      (id, rms) => this.graph === graph && this.heard(id, rms),
    );
    this.graph = graph;
    if (this.sink) void graph.setSink(this.sink);
    graph.set(new Map(this.terminal.far.filter((f) => f.view.kind === 'sound').map((f) => [f.view.id, f.track])));
    void graph.start();
  }

  /** From the graph to the elements, or back. */
  private switch(): void {
    const limited = this.graph?.state === 'running';
    if (limited === this.limited) return;
    this.limited = limited;
    this.tick(performance.now());
    for (const audio of this.elements.values()) {
      audio.muted = limited;
      if (limited) audio.volume = 1;
      // What may not be heard without a press stops at this; the element says so and the page asks for the press.
      if (!limited) void audio.play().catch(() => (this.terminal.held = true));
    }
  }

  private heard(id: number, rms: number): void {
    if (speaks(rms)) this.spoke.set(id, performance.now());
  }

  private tick(now: number): void {
    for (const part of this.way.parts) {
      const gain = gainOf(part, this.spoke, now);
      if (this.limited) this.graph?.setGain(part.track, gain);
      const audio = this.elements.get(part.track);
      if (audio && !this.limited) audio.volume = gain;
    }
    this.look(now);
    if (now - this.checked >= CHECK_MS) {
      this.checked = now;
      this.graph?.check(now);
    }
    if (!this.limited && now - this.read.at >= READ_MS) void this.measure(now);
  }

  /** Without a graph: what the browser counted of each voice since it was last asked. */
  private async measure(now: number): Promise<void> {
    const seconds = Math.max(READ_MS, now - this.read.at) / 1_000;
    this.read.at = now;
    const { far } = await this.terminal.stats();
    for (const { id, kind, energy } of far) {
      if (kind !== 'sound') continue;
      const more = energy - (this.read.energy.get(id) ?? energy);
      this.read.energy.set(id, energy);
      if (more > 0) this.heard(id, Math.sqrt(more / seconds));
    }
  }

  private look(now: number): void {
    const { call, far, screen } = this.terminal;
    const interpretation = call?.terms.interpretation ?? 'none';
    if (!call || interpretation === 'none' || !call.roster.some(directed)) {
      if (this.alarms.length) this.alarms = [];
      if (this.interpreting.size) this.interpreting = new Set();
      return;
    }
    const own = this.listener.side;
    const speaking = new Set<string>();
    for (const { view } of far) if (view.kind === 'sound' && now - (this.spoke.get(view.id) ?? -Infinity) < UNDER_MS) speaking.add(personKey(view));
    const self = personKey({ side: own, person: this.listener.person ?? -1 });
    if (this.terminal.mic && this.terminal.level() > OWN_SPEAKS) speaking.add(self);
    const interpreters = call.roster.filter(directed);
    const keys = new Set(interpreters.map((p) => personKey({ side: p.side, person: p.id })));
    const interpreting = new Set([...speaking].filter((key) => keys.has(key)));
    if (!same([...interpreting], [...this.interpreting])) this.interpreting = interpreting;
    if (screen.is !== 'session' || this.terminal.link !== 'connected') return;
    const spoken = tongues(call.roster, this.listener);
    const floor = [...speaking].filter((key) => !keys.has(key)).flatMap((key) => spoken.get(key.slice(0, key.lastIndexOf('/'))) ?? []);
    const colleague = this.way.interprets !== null;
    const here = new Set(
      interpreters
        .filter(({ side, id }) => {
          if (!call.seats.some((s) => s.side === side && s.person === id && s.present)) return false;
          // Colleagues of the own side do not hear each other.
          return (side === own && (colleague || id === this.listener.person)) || far.some((f) => f.view.kind === 'sound' && f.view.side === side && f.view.person === id);
        })
        .map((p) => personKey({ side: p.side, person: p.id })),
    );
    // Of a direction whose interpreter sits unheard on the own side, this terminal can only say that he is missing.
    const unheard = interpreters.filter((p) => colleague && p.side === own && p.id !== this.listener.person).map((p) => personKey({ side: p.side, person: p.id }));
    const alarms = this.watch.look(now, { interpretation, roster: call.roster, here, speaking: new Set([...speaking, ...unheard.filter((key) => here.has(key))]), floor });
    if (!same(alarms.map(word), this.alarms.map(word))) this.alarms = alarms;
  }

  private key(call: string): string {
    return `visavis-hearing-${this.terminal.session.seat}-${call}`;
  }
}

const word = (a: Alarm) => `${a.from} ${a.to} ${a.why} ${a.people.map((p) => p.id).join()}`;
const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((x) => b.includes(x));

function kept(key: string): Choice {
  try {
    const { hearing, into, floors } = JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<Choice>;
    return {
      hearing: hearing && HEARINGS.includes(hearing) ? hearing : FIRST.hearing,
      into: typeof into === 'string' ? into : null,
      floors: floors === 'all' ? 'all' : 'from',
    };
  } catch {
    return FIRST;
  }
}

const known = new WeakMap<Terminal, Listening>();

/** The one of this terminal, for whoever plays and whoever shows it. */
export function listeningOf(terminal: Terminal): Listening {
  const listening = known.get(terminal) ?? new Listening(terminal);
  known.set(terminal, listening);
  return listening;
}
