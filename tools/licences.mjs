// Reads the licence of every crate and npm package that the lockfiles name and compares it with the allow list
// of deny.toml. Needs neither network nor cargo-deny, so it runs wherever the tree builds.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const allowed = new Set(
  [.../^allow = \[([^\]]*)\]/m.exec(readFileSync('deny.toml', 'utf8'))[1].matchAll(/"([^"]+)"/g)].map((m) => m[1]),
);

/** Whether an SPDX expression can be satisfied from the allow list. The old `A/B` of crates means `A OR B`. */
function permits(expression) {
  const tokens = expression.replaceAll('/', ' OR ').match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const atom = () => {
    if (tokens[at] === '(') {
      at += 1;
      const inside = either();
      at += 1;
      return inside;
    }
    let id = tokens[at];
    at += 1;
    if (tokens[at] === 'WITH') {
      id = `${id} WITH ${tokens[at + 1]}`;
      at += 2;
    }
    return allowed.has(id);
  };
  const both = () => {
    let good = atom();
    while (tokens[at] === 'AND') {
      at += 1;
      good = atom() && good;
    }
    return good;
  };
  const either = () => {
    let good = both();
    while (tokens[at] === 'OR') {
      at += 1;
      good = both() || good;
    }
    return good;
  };
  const good = either();
  return good && at === tokens.length;
}

const faults = [];
let crates = 0;
let packages = 0;

const metadata = JSON.parse(
  execFileSync(process.env.CARGO ?? 'cargo', ['metadata', '--locked', '--format-version', '1'], {
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  }),
);
for (const { name, version, license } of metadata.packages) {
  crates += 1;
  if (!license || !permits(license)) faults.push(`crate ${name} ${version}: ${license ?? 'no licence named'}`);
}

for (const lockfile of ['web/package-lock.json', 'web/e2e/package-lock.json']) {
  const lock = JSON.parse(readFileSync(lockfile, 'utf8'));
  for (const [path, { license, version }] of Object.entries(lock.packages)) {
    if (path === '') continue;
    packages += 1;
    if (!license || !permits(license)) faults.push(`${lockfile}: ${path} ${version}: ${license ?? 'no licence named'}`);
  }
}

for (const fault of faults) console.error(`licences: ${fault}`);
console.log(`licences: ${crates} crates and ${packages} npm packages read, ${faults.length} outside deny.toml's list`);
process.exit(faults.length ? 1 : 0);
