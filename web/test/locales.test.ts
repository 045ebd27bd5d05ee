import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FluentBundle, FluentResource } from '@fluent/bundle';
import { parse, Visitor, type Message, type SelectExpression, type TextElement, type VariableReference } from '@fluent/syntax';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');
const LANGUAGES = readdirSync(join(src, 'locales'));

/** Each language's letters. */
const SCRIPTS: Readonly<Record<string, RegExp>> = { en: /[A-Za-z]/, ru: /[А-Яа-яЁё]/, ar: /[\u0621-\u064a]/ };

/** Names that stay as they are in every language: nothing else may be written in another language's letters. */
const NAMES = /\b(?:visavis line invite|Visavis|Ed25519|Chromium|Chrome|Edge|Firefox|USB|PIN|F11|ffmpeg|Debian|Linux|H\.264|AAC|SHA\u2011256)\b/g;

/** Said by a sign alone where English needs a word. */
const WORDLESS: readonly string[] = ['ru: ended-from-to'];

/** How many forms a counted noun has: a selector by count must have them all (for Russian, fractions aside). */
const FORMS: Readonly<Record<string, readonly string[]>> = { en: [], ru: [], ar: ['zero', 'one', 'two', 'few', 'many', 'other'] };
const PLURALS = new Set(['zero', 'one', 'two', 'few', 'many', 'other']);

interface Said {
  names: Set<string>;
  /** The words alone: what is put in is left out. */
  words: string;
  /** The keys of each selector by count. */
  counts: string[][];
}

function messages(language: string): Map<string, Said> {
  const out = new Map<string, Said>();
  for (const file of readdirSync(join(src, 'locales', language))) {
    const resource = parse(readFileSync(join(src, 'locales', language, file), 'utf8'), {});
    for (const entry of resource.body) {
      if (entry.type === 'Junk') throw new Error(`${language}/${file}: ${entry.content}`);
      if (entry.type !== 'Message') continue;
      const message = entry as Message;
      if (out.has(message.id.name)) throw new Error(`${language}: ${message.id.name} twice`);
      const names = new Set<string>();
      const words: string[] = [];
      const counts: string[][] = [];
      new (class extends Visitor {
        override visitTextElement(node: TextElement) {
          words.push(node.value);
        }
        override visitSelectExpression(node: SelectExpression) {
          const keys = node.variants.map((v) => (v.key.type === 'Identifier' ? v.key.name : v.key.value));
          if (keys.some((key) => PLURALS.has(key) && key !== 'other')) counts.push(keys);
          this.genericVisit(node);
        }
        override visitVariableReference(node: VariableReference) {
          names.add(node.id.name);
        }
      })().visit(message);
      out.set(message.id.name, { names, words: words.join(' '), counts });
    }
  }
  return out;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'locales' ? [] : sources(path);
    return /\.(svelte|ts)$/.test(entry.name) ? [readFileSync(path, 'utf8')] : [];
  });
}

const catalogues = new Map(LANGUAGES.map((language) => [language, messages(language)]));
const english = catalogues.get('en')!;
const code = sources(src).join('\n');
const literal = new Set([...code.matchAll(/\bt\(\s*'([^']+)'/g)].map((m) => m[1]!));
const ternary = new Set([...code.matchAll(/\bt\([^'`()]*\?\s*'([^']+)'\s*:\s*'([^']+)'/g)].flatMap((m) => [m[1]!, m[2]!]));
const built = new Set([...code.matchAll(/\b(?:t|has)\(`([^`]+)`/g)].map((m) => m[1]!));

const CHECK_WHYS = ['no-microphone', 'silent-microphone', 'not-sent', 'not-heard', 'heard-silent', 'no-camera', 'not-seen', 'no-loudspeaker', 'nobody-there', 'stopped', 'not-checked', 'other'];
const CLIP_STATES = ['kept', 'ours', 'theirs', 'released', 'recalled', 'replaced', 'cut-off'];

/** What stands for `${…}` in ids that are put together. */
const VALUES: Record<string, string[]> = {
  'role-': ['principal', 'aide', 'interpreter', 'operator', 'press', 'recorder'],
  'phase-': ['proposed', 'agreed', 'gathering', 'in-session', 'ended', 'declined', 'withdrawn', 'lapsed'],
  'line-': ['good', 'fair', 'poor', 'unknown', 'down', 'unconfirmed', 'down-hint', 'unconfirmed-hint'],
  'door-': ['insecure', 'ed25519', 'indexeddb', 'locks', 'webrtc', 'transform', 'vp9'],
  'medium-': ['picture', 'sound'],
  'next-': ['declined', 'withdrawn', 'lapsed'],
  'term-': ['medium', 'start', 'minutes', 'zones', 'topics', 'reason', 'roster', 'languages', 'interpretation', 'footage', 'announce'],
  'fault-': ['start', 'past', 'minutes', 'topics', 'reason', 'principals', 'title', 'place', 'roster', 'languages', 'interpreters', 'direction', 'footage-minutes', 'footage-persons', 'footage-recorders', 'footage-releasers', 'footage-embargo'],
  'interpretation-': ['none', 'consecutive', 'simultaneous'],
  'form-release-': ['both', 'either'],
  'form-embargo-': ['end', 'time', 'none'],
  'announce-': ['nothing', 'call', 'topics'],
  'listen-': ['original', 'interpretation', 'both'],
  'listen-hears-': ['original', 'interpretation', 'both'],
  'missed-': ['missing-here', 'silent-here', 'missing-there', 'silent-there', 'missing-turn', 'silent-turn', 'missing-desk', 'muted-desk'],
  'said-': ['offer', 'counter', 'agree', 'decline', 'withdraw', 'lapse', 'gather', 'preflight', 'vouch', 'vouch-nobody', 'admit', 'strike', 'begin', 'open', 'close', 'lost', 'back', 'end', 'rekey', 'release', 'correction', 'recall', 'other'],
  'press-is-': ['draft', 'approved', 'published', 'withdrawn'],
  'press-says-': ['announced', 'held', 'off'],
  'press-say-': ['announced', 'held', 'off'],
  'seal-': ['joining', 'alone', 'sealed', 'fallen', 'broken'],
  'window-over-': ['close', 'clock', 'lease'],
  'recorder-': ['idle', 'waiting', 'writing', 'nothing', 'disk-low', 'disk-full', 'finishing', 'done'],
  'clip-is-': CLIP_STATES,
  'clip-says-': CLIP_STATES,
  'clip-stage-': ['waiting', 'cutting', 'checking', 'poster', 'signing'],
  'clip-release-': ['alone', 'first', 'second', 'alone-sure', 'first-sure', 'second-sure'],
  'clip-means-': ['alone', 'first', 'second'],
  'clip-back-': ['first', 'both', 'own'],
  'clip-correct-means-': ['alone', 'first'],
  'clip-trim-': ['from', 'to'],
  'clip-trim-take-': ['from', 'to'],
  'clip-trim-fault-': ['number', 'outside', 'least', 'whole'],
  'clip-act-': ['made', 'shortened', 'released', 'recalled'],
  'size-': ['kb', 'mb', 'gb'],
  'why-': CHECK_WHYS,
  'mend-': CHECK_WHYS,
  'seat-light-': ['captured', 'sent', 'heard', 'seen'],
  'light-is-': ['off', 'none', 'not-yet', 'good', 'bad'],
  'seat-fault-': ['dead', 'gone', 'refused', 'muted', 'not-leaving', 'not-arriving', 'silent', 'unsealed'],
  'camera-note-': ['covered', 'dark', 'backlit', 'frozen'],
  'light-': ['captured', 'sent', 'heard'].flatMap((name) => ['good', 'not-yet', 'bad', 'none'].map((light) => `${name}-${light}`)),
  'mic-fault-': ['dead', 'gone', 'refused', 'muted', 'not-leaving', 'not-arriving', 'silent', 'unsealed'],
  'lack-': ['heard', 'seen', 'hears', 'sees'],
  'check-': ['heard', 'seen', 'heard-not-yet', 'seen-not-yet'],
  'check-fault-': CHECK_WHYS.slice(0, 10),
  'device-': [...['microphone', 'camera'].flatMap((kind) => ['refused', 'none', 'busy', 'gone', 'failed'].map((trouble) => `${kind}-${trouble}`)), 'devices-refused'],
};

const rust = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const refusals = [...(/CODES[^[]*\[[^[]*\[([^\]]*)\]/.exec(rust('crates/call/src/refusal.rs'))?.[1] ?? '').matchAll(/"([a-z_]+)"/g)].map((m) => m[1]!);
const errors = [...rust('crates/node/src/http/error.rs').matchAll(/(?:StatusCode::[A-Z_]+, |Unavailable\()"([a-z_]+)"/g)].map((m) => m[1]!);
/** Codes that the node's other files hand to `Forbidden` and to refusals of their own. */
const handed = ['http/socket.rs', 'signin/mod.rs'].flatMap((file) => [...rust(`crates/node/src/${file}`).matchAll(/"((?:enrol|signin)_[a-z]+|origin)"/g)].map((m) => m[1]!));
const ofNode = [...rust('crates/node/src/core/calls.rs').matchAll(/node_refusal\("([a-z_]+)"\)/g)].map((m) => m[1]!);
const ofPress = [...rust('crates/press/src/acts.rs').matchAll(/=> "(press_[a-z_]+)"/g)].map((m) => m[1]!);
/** Of a clip that was not made, or of what was asked about one. */
const ofClips = ['unknown', 'short', 'cut_off', 'busy', 'no_tools', 'disk_full', 'damaged', 'stopped', 'failed', 'time_stamp'].map((code) => `clip_${code}`);
const VALUES_BY_CODE = { refusal: [...refusals, ...ofNode, ...ofPress, ...ofClips], error: [...errors, ...handed, 'offline', 'page'] };

describe('the catalogues', () => {
  it('hold the same messages with the same variables in every language', () => {
    for (const [language, catalogue] of catalogues) {
      const missing = [...english.keys()].filter((id) => !catalogue.has(id));
      const extra = [...catalogue.keys()].filter((id) => !english.has(id));
      expect({ missing, extra }, language).toEqual({ missing: [], extra: [] });
      for (const [id, { names }] of english) expect([...catalogue.get(id)!.names].toSorted(), `${language}: ${id}`).toEqual([...names].toSorted());
    }
  });

  it('are those of the languages that can be chosen', () => {
    expect(LANGUAGES.toSorted()).toEqual(Object.keys(SCRIPTS).toSorted());
    const chosen = /LANGUAGES = \{([^}]*)\}/.exec(readFileSync(join(src, 'state/language.svelte.ts'), 'utf8'))![1]!;
    expect([...chosen.matchAll(/(\w+):/g)].map((m) => m[1]).toSorted()).toEqual(LANGUAGES.toSorted());
    const files = readdirSync(join(src, 'locales/en')).toSorted();
    for (const language of LANGUAGES) expect(readdirSync(join(src, 'locales', language)).toSorted(), language).toEqual(files);
  });

  it('are translated: no sentence is the English one, none is without letters of its language or with letters of another', () => {
    const found: string[] = [];
    for (const [language, catalogue] of catalogues) {
      const others = Object.entries(SCRIPTS).filter(([other]) => other !== language);
      for (const [id, said] of catalogue) {
        const words = said.words.replaceAll(NAMES, '');
        const meant = english.get(id)!.words.replaceAll(NAMES, '');
        if (!/\p{L}/u.test(meant) || WORDLESS.includes(`${language}: ${id}`)) continue;
        if (!SCRIPTS[language]!.test(words)) found.push(`${language}: ${id} has no letters of its language`);
        for (const [other, letters] of others) if (letters.test(words)) found.push(`${language}: ${id} has letters of ${other}`);
        if (language !== 'en' && words === meant) found.push(`${language}: ${id} is the English sentence`);
      }
    }
    expect(found).toEqual([]);
  });

  it('count as their language counts', () => {
    for (const [language, catalogue] of catalogues)
      for (const [id, { counts }] of catalogue)
        for (const keys of counts) for (const form of FORMS[language]!) expect(keys, `${language}: ${id}`).toContain(form);
    // Whatever English counts, Arabic counts too.
    for (const [id, { counts }] of english) if (counts.length) expect(catalogues.get('ar')!.get(id)!.counts.length, `ar: ${id}`).toBeGreaterThan(0);
  });

  it('hold every message that the pages ask for', () => {
    expect(literal.size).toBeGreaterThan(100);
    for (const id of [...literal, ...ternary]) expect(english.has(id), id).toBe(true);
    for (const id of built) {
      const prefix = id.slice(0, id.indexOf('${'));
      expect(VALUES[prefix], `what can stand behind ${prefix}?`).toBeDefined();
      for (const value of VALUES[prefix] ?? []) expect(english.has(prefix + value), prefix + value).toBe(true);
    }
  });

  it('hold a sentence for every refusal of the rules and every error of the node', () => {
    expect(refusals.length).toBeGreaterThan(30);
    expect(errors.length).toBeGreaterThan(8);
    expect(ofPress.length).toBeGreaterThan(12);
    for (const [kind, codes] of Object.entries(VALUES_BY_CODE)) for (const each of codes) expect(english.has(`${kind}-${each.replaceAll('_', '-')}`), `${kind} ${each}`).toBe(true);
  });

  it('hold nothing that nobody asks for', () => {
    const used = new Set([...literal, ...ternary, ...Object.entries(VALUES).flatMap(([prefix, values]) => values.map((v) => prefix + v))]);
    for (const id of english.keys()) expect(used.has(id) || /^(refusal|error)-/.test(id), `${id} is not used`).toBe(true);
  });

  it('format without an error, whatever the number', () => {
    const found: string[] = [];
    for (const [language, catalogue] of catalogues) {
      const bundle = new FluentBundle(language);
      for (const file of readdirSync(join(src, 'locales', language))) bundle.addResource(new FluentResource(readFileSync(join(src, 'locales', language, file), 'utf8')));
      for (const [id, { names }] of catalogue) {
        for (const n of names.size ? [0, 1, 2, 5, 21, 1440] : [0]) {
          const faults: Error[] = [];
          const text = bundle.formatPattern(bundle.getMessage(id)!.value!, Object.fromEntries([...names].map((name) => [name, n])), faults);
          if (faults.length || text.trim() === '') found.push(`${language}: ${id} with ${n}: ${faults.join()}`);
        }
      }
    }
    expect(found).toEqual([]);
  });

  it('keep clear of the words that only details may use', () => {
    for (const language of LANGUAGES)
      for (const file of readdirSync(join(src, 'locales', language))) {
        const text = readFileSync(join(src, 'locales', language, file), 'utf8').replaceAll(/^#.*$/gm, '');
        expect(text).not.toMatch(/\b(ICE|MLS|QUIC|SFU|WebRTC|SDP|RTP|WebSocket)\b/);
      }
  });

  it('leave no words in the markup itself', () => {
    for (const text of sources(join(src, 'view'))) {
      const markup = text.replaceAll(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, '').replaceAll(/\{(?:[^{}]|\{[^{}]*\})*\}|&\w+;/g, '');
      for (const [, words] of markup.matchAll(/>([^<>{}]*[A-Za-zА-я]{3,}[^<>{}]*)</g)) expect(words!.trim()).toBe('Visavis');
      expect(markup).not.toMatch(/\sstyle=|\son[a-z]+="/);
    }
  });
});
