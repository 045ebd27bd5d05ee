// Style as a test: what STYLE.md asks for and a machine can see. Reads the files that git knows or would take up.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const LINES_MAX = 650;
const BINARY = /\.(png|jpg|record|cbor|ico|woff2?|der|bin)$/;
const GENERATED = /(^|\/)(Cargo\.lock|package-lock\.json|LICENSE-[A-Z]+)$/;
const CODE = /\.(rs|ts|mjs|svelte|css)$/;

/** Sources in which no clock, no IO and no randomness may stand: they are arguments there. */
const PURE = /^crates\/(call\/src|press\/src|sfu\/src|link\/src\/(wire|session|congestion|pairing))(?!.*\/tests\/)/;
const IMPURE =
  /\b(Instant::now|SystemTime::now|Timestamp::now|Zoned::now|std::fs|std::env|tokio::|std::thread|UdpSocket::bind|TcpStream|getrandom|rand::rng|OsRng|thread_rng|async fn|println!|eprintln!)/;

/** Each rule: which files, what must not stand in a line, and what to say about it. */
const RULES = [
  [/./, /\b(TODO|FIXME|XXX|HACK)\b/, 'finish it or open an issue'],
  [/./, /(^|[\s"'`(=])(\/work\/|\/root\/|\/home\/\w)/, 'a path of one machine'],
  [/./, /[ \t]+$/, 'space at the end of the line'],
  [/\.(rs|ts|mjs|svelte|md|toml|ftl)$/, /\r/, 'carriage return'],
  [/\.(md|rs)$/, /—/, 'an em dash: use a colon, a comma or a full stop'],
  [/\.rs$/, /#\[ignore/, 'a test that does not run'],
  [/\.rs$/, /\bunsafe\s*(\{|fn\b|impl\b)/, 'unsafe code'],
  [/\.(ts|mjs)$/, /\b(it|test|describe)\.(skip|only|todo)\b/, 'a test that does not run, or runs alone'],
  [/^web\/src\/.*\.(ts|svelte|css|html)$/, /https?:\/\/(?!127\.0\.0\.1|localhost|www\.w3\.org\/)/, 'the terminal asks no third party'],
  [/\/en[^/]*\.ftl$/, /=.*\b(meeting|lobby|tenant|guest|moderator|dashboard|admin)\b/i, 'a word that GLOSSARY.md replaces'],
];

const SELF = 'tools/tidy.mjs';
const list = (...flags) => execFileSync('git', ['ls-files', '-z', ...flags]).toString().split('\0').filter(Boolean);
const files = [...new Set([...list(), ...list('--others', '--exclude-standard')])].filter((f) => existsSync(f));

const faults = [];
for (const file of files) {
  if (BINARY.test(file)) continue;
  const text = readFileSync(file, 'utf8');
  if (file === 'Cargo.lock') {
    for (const [, source] of text.matchAll(/^source = "(.*)"$/gm)) {
      if (source !== 'registry+https://github.com/rust-lang/crates.io-index') faults.push(`${file}: a source other than crates.io: ${source}`);
    }
  }
  if (file.endsWith('package-lock.json')) {
    for (const [, url] of text.matchAll(/"resolved": "([^"]*)"/g)) {
      if (!url.startsWith('https://registry.npmjs.org/')) faults.push(`${file}: a host other than the public registry: ${url}`);
    }
  }
  if (GENERATED.test(file)) continue;

  if (text.length && !text.endsWith('\n')) faults.push(`${file}: no newline at the end`);
  const lines = text.split('\n');
  if (CODE.test(file) && lines.length > LINES_MAX) faults.push(`${file}: ${lines.length} lines (${LINES_MAX} at most): look for the second idea`);
  if (file === SELF) continue;
  const rules = RULES.filter(([where]) => where.test(file));
  let inTests = false;
  lines.forEach((line, index) => {
    for (const [, what, why] of rules) if (what.test(line)) faults.push(`${file}:${index + 1}: ${why}`);
    if (/#\[cfg\(test\)\]/.test(line)) inTests = true;
    if (PURE.test(file) && !inTests && !/^\s*\/\//.test(line) && IMPURE.test(line)) {
      faults.push(`${file}:${index + 1}: clocks, IO and randomness are arguments of a pure crate`);
    }
  });
}

for (const crate of files.filter((f) => /^(crates\/\w+|bench)\/src\/(lib|main)\.rs$/.test(f))) {
  if (!readFileSync(crate, 'utf8').startsWith('//!')) faults.push(`${crate}: the first lines say the crate's one job, what drives it, what it never does`);
}

for (const fault of faults) console.error(`tidy: ${fault}`);
console.log(`tidy: ${files.length} files read, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
