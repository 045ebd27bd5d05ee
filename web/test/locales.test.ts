import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FluentBundle, FluentResource } from '@fluent/bundle';
import { parse, Visitor, type Message, type VariableReference } from '@fluent/syntax';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');
const LANGUAGES = readdirSync(join(src, 'locales'));

function messages(language: string): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>();
  for (const file of readdirSync(join(src, 'locales', language))) {
    const resource = parse(readFileSync(join(src, 'locales', language, file), 'utf8'), {});
    for (const entry of resource.body) {
      if (entry.type === 'Junk') throw new Error(`${language}/${file}: ${entry.content}`);
      if (entry.type !== 'Message') continue;
      const message = entry as Message;
      if (out.has(message.id.name)) throw new Error(`${language}: ${message.id.name} twice`);
      const names = new Set<string>();
      new (class extends Visitor {
        override visitVariableReference(node: VariableReference) {
          names.add(node.id.name);
        }
      })().visit(message);
      out.set(message.id.name, names);
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

/** What stands for `${…}` in ids that are put together. */
const VALUES: Record<string, string[]> = {
  'role-': ['principal', 'aide', 'interpreter', 'operator', 'press', 'recorder'],
  'phase-': ['proposed', 'agreed', 'gathering', 'in-session', 'ended', 'declined', 'withdrawn', 'lapsed'],
  'line-': ['good', 'fair', 'poor', 'unknown', 'down', 'unconfirmed', 'down-hint', 'unconfirmed-hint'],
  'door-': ['insecure', 'ed25519', 'indexeddb', 'locks', 'webrtc', 'transform', 'vp9'],
  'medium-': ['picture', 'sound'],
  'next-': ['declined', 'withdrawn', 'lapsed'],
  'term-': ['medium', 'start', 'minutes', 'zones', 'topics', 'reason', 'roster', 'languages', 'footage'],
  'fault-': ['start', 'past', 'minutes', 'topics', 'reason', 'principals', 'title', 'place', 'roster', 'languages'],
  'said-': ['offer', 'counter', 'agree', 'decline', 'withdraw', 'lapse', 'gather', 'preflight', 'vouch', 'vouch-nobody', 'admit', 'strike', 'begin', 'open', 'close', 'lost', 'back', 'end', 'rekey', 'other'],
  'seal-': ['joining', 'alone', 'sealed', 'fallen', 'broken'],
  'device-': [...['microphone', 'camera'].flatMap((kind) => ['refused', 'none', 'busy', 'gone', 'failed'].map((trouble) => `${kind}-${trouble}`)), 'devices-refused'],
};

const rust = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const refusals = [...(/CODES[^[]*\[[^[]*\[([^\]]*)\]/.exec(rust('crates/call/src/refusal.rs'))?.[1] ?? '').matchAll(/"([a-z_]+)"/g)].map((m) => m[1]!);
const errors = [...rust('crates/node/src/http/error.rs').matchAll(/(?:StatusCode::[A-Z_]+, |Unavailable\()"([a-z_]+)"/g)].map((m) => m[1]!);
/** Codes that the node's other files hand to `Forbidden` and to refusals of their own. */
const handed = ['http/socket.rs', 'signin/mod.rs'].flatMap((file) => [...rust(`crates/node/src/${file}`).matchAll(/"((?:enrol|signin)_[a-z]+|origin)"/g)].map((m) => m[1]!));
const ofNode = [...rust('crates/node/src/core/calls.rs').matchAll(/node_refusal\("([a-z_]+)"\)/g)].map((m) => m[1]!);
const VALUES_BY_CODE = { refusal: [...refusals, ...ofNode], error: [...errors, ...handed, 'offline', 'page'] };

describe('the catalogues', () => {
  it('hold the same messages with the same variables in every language', () => {
    for (const [language, catalogue] of catalogues) {
      expect([...catalogue.keys()].toSorted(), language).toEqual([...english.keys()].toSorted());
      for (const [id, names] of english) expect([...catalogue.get(id)!].toSorted(), `${language}: ${id}`).toEqual([...names].toSorted());
    }
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
    for (const [kind, codes] of Object.entries(VALUES_BY_CODE)) for (const each of codes) expect(english.has(`${kind}-${each.replaceAll('_', '-')}`), `${kind} ${each}`).toBe(true);
  });

  it('hold nothing that nobody asks for', () => {
    const used = new Set([...literal, ...ternary, ...Object.entries(VALUES).flatMap(([prefix, values]) => values.map((v) => prefix + v))]);
    for (const id of english.keys()) expect(used.has(id) || /^(refusal|error)-/.test(id), `${id} is not used`).toBe(true);
  });

  it('format without an error, whatever the number', () => {
    for (const [language, catalogue] of catalogues) {
      const bundle = new FluentBundle(language);
      for (const file of readdirSync(join(src, 'locales', language))) bundle.addResource(new FluentResource(readFileSync(join(src, 'locales', language, file), 'utf8')));
      for (const [id, names] of catalogue) {
        for (const n of [0, 1, 2, 5, 21, 1440]) {
          const faults: Error[] = [];
          const text = bundle.formatPattern(bundle.getMessage(id)!.value!, Object.fromEntries([...names].map((name) => [name, n])), faults);
          expect(faults, `${language}: ${id}`).toEqual([]);
          expect(text.trim()).not.toBe('');
        }
      }
    }
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
