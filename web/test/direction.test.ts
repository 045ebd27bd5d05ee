// Every screen runs right to left as well as left to right: nothing in the styles names a physical side, and what people type
// runs as their own letters do.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.(svelte|css)$/.test(entry.name) ? [path] : [];
  });
}

const all = files(join(src, 'view')).map((path) => {
  const text = readFileSync(path, 'utf8');
  return {
    name: relative(src, path),
    style: (path.endsWith('.css') ? text : [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map((m) => m[1]).join('\n')).replaceAll(/\/\*[\s\S]*?\*\//g, ''),
    markup: path.endsWith('.css') ? '' : text.replaceAll(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, ''),
    script: [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((m) => m[1]).join('\n'),
  };
});

/** Physical on purpose: the file, the declaration, and why. */
const ALLOWED: readonly (readonly [file: string, declaration: string, why: string])[] = [
  ['view/terminal/Picture.svelte', 'transform: scaleX(-1)', 'one looks at oneself as in a mirror, whatever one reads'],
  ['view/base.css', 'direction: ltr', 'both sides beside each other: the far one left, the own one right, at both ends'],
  ['view/base.css', 'direction: rtl', 'the same: each side keeps the direction of the page inside'],
  ['view/base.css', 'text-align: right', 'what runs left to right begins where the lines of an Arabic page begin'],
  ['view/base.css', 'text-align: left', 'and the other way round'],
  ['view/base.css', 'direction: inherit', 'the example in an empty field runs as the page does'],
];

/** Whether a shorthand of four values says something else for the right than for the left. */
function lopsided(property: string, value: string): boolean {
  if (!/^(?:margin|padding|inset|border-(?:width|style|color)|scroll-margin|scroll-padding)$/.test(property)) return false;
  const values = value.replaceAll(/\([^()]*(?:\([^()]*\)[^()]*)*\)/g, (inside) => inside.replaceAll(' ', '')).split(/\s+/);
  return values.length === 4 && values[1] !== values[3];
}

function physical(property: string, value: string): boolean {
  if (/(?:^|-)(?:left|right)(?:-|$)/.test(property) || /^(?:direction|font-style)$/.test(property)) return true;
  if (/^(?:text-align|text-align-last|float|clear|justify-\w+|place-\w+|transform-origin|object-position|background(?:-position)?)$/.test(property) && /\b(?:left|right)\b/.test(value)) return true;
  if (/\bto (?:left|right)\b|\b(?:90|270)deg\b/.test(value) && /gradient/.test(value)) return true;
  if (/^(?:transform|translate|scale|animation)$/.test(property) && /translate(?:X|3d)?\(|scaleX\(|^-?[\d.]+(?:px|r?em|%|v\w+)/.test(value)) return true;
  if (property === 'letter-spacing') return !/^(?:0|normal|var\(--tight\))$/.test(value);
  if (property === 'border-radius') {
    const corners = value.split('/')[0]!.trim().split(/\s+/);
    return corners.length > 1 && !(corners.length === 4 && corners[0] === corners[1] && corners[2] === corners[3]);
  }
  return lopsided(property, value);
}

const declarations = (style: string) => [...style.matchAll(/(?:^|[{;\s])([a-z-]+)\s*:\s*([^;{}]+)(?=[;}])/g)].map((m) => ({ property: m[1]!, value: m[2]!.trim().replaceAll(/\s+/g, ' ') }));

describe('styles', () => {
  it('name no physical side, but for a reason', () => {
    const found: string[] = [];
    const used = new Set<number>();
    for (const { name, style } of all)
      for (const { property, value } of declarations(style)) {
        if (!physical(property, value)) continue;
        const at = ALLOWED.findIndex(([file, declaration]) => file === name && declaration === `${property}: ${value}`);
        if (at < 0) found.push(`${name}: ${property}: ${value}`);
        else used.add(at);
      }
    expect(found).toEqual([]);
    // A reason that nothing needs is taken off the list.
    expect(used.size).toBe(ALLOWED.length);
  });

  it('would be caught at it', () => {
    for (const style of ['a{margin-left:1px;}', 'a{left:0;}', 'a{text-align: right;}', 'a{padding: 0 1rem 0 2rem;}', 'a{transform: translateX(2px);}', 'a{border-top-left-radius: 4px;}', 'a{background: linear-gradient(to right, red, blue);}', 'a{letter-spacing: 0.1em;}', 'a{border-radius: 4px 0 0 4px;}'])
      expect(declarations(style).some((d) => physical(d.property, d.value)), style).toBe(true);
    for (const style of ['a{margin-inline-start:1px;}', 'a{inset-inline-start:0;}', 'a{padding: 1rem 0 0;}', 'a{margin: 0 auto 0 auto;}', 'a{inline-size: min(calc(100% - 4rem), 86rem);}', 'a{border-radius: 4px 4px 0 0;}', 'a{inset: 0;}'])
      expect(declarations(style).some((d) => physical(d.property, d.value)), style).toBe(false);
  });
});

describe('what people type', () => {
  it('runs as its own letters do', () => {
    const plain = new Set(['date', 'time', 'number', 'radio', 'checkbox', 'range', 'file', 'hidden', 'color']);
    let seen = 0;
    for (const { name, markup } of all)
      for (const [tag, which] of markup.matchAll(/<(input|textarea)\b(?:[^>{]|\{(?:[^{}]|\{[^{}]*\})*\})*>/g)) {
        const type = /\stype="(\w+)"/.exec(tag)?.[1] ?? 'text';
        if (which === 'input' && plain.has(type)) continue;
        seen += 1;
        expect(tag, `${name}: dir="auto", or "ltr" for what machines make`).toMatch(/\sdir="(?:auto|ltr)"/);
      }
    expect(seen).toBeGreaterThan(3);
  });

  it('is put in a row with the comma of the language', () => {
    for (const { name, script, markup } of all) expect(`${script}${markup}`, name).not.toMatch(/\.join\((['"`]), \1\)/);
    for (const { name, markup } of all) expect(markup, name).not.toMatch(/[>}],\s*[<{]/);
  });
});
