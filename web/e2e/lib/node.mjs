// The program under test: demo, nodes of their own, single commands, and the impairment relay. Every process
// started here is ended here, by its own handle.

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const VISAVIS = process.env.VISAVIS ?? `${ROOT}/target/release/visavis`;
const IMPAIR = process.env.IMPAIR ?? VISAVIS.replace(/visavis$/, 'impair');

/** How long a process may take to say that it is ready, and to stop when asked, in milliseconds. */
const READY_MS_MAX = 20_000;
const STOP_MS_MAX = 10_000;

/** Runs a command to its end: `{ code, stdout, stderr }`. Never throws for an exit code. */
export function command(args, { input = '', timeout = 30_000, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(VISAVIS, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`visavis ${args.join(' ')}: no end within ${timeout} ms\n${stderr}`));
    }, timeout);
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stderr.on('data', (bytes) => (stderr += bytes));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(late);
      resolve({ code, stdout, stderr });
    });
    // A command that ends without reading its input closes the pipe: that is its right.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Runs a command that must end with `code` (0 unless told) and returns its standard output. */
export async function must(args, { code = 0, ...rest } = {}) {
  const result = await command(args, rest);
  if (result.code !== code) {
    throw new Error(`visavis ${args.join(' ')}: exit ${result.code}, not ${code}\n${result.stdout}${result.stderr}`);
  }
  return result.stdout;
}

/** A process that says one line when it is ready and runs until told to stop. */
export class Running {
  constructor(program, args, log, { env = {} } = {}) {
    this.what = [program.split('/').pop(), ...args].join(' ');
    this.startedAt = Date.now();
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { VISAVIS_LOG: 'info', ...process.env, ...env } });
    this.log = createWriteStream(log, { flags: 'a' });
    this.child.stderr.pipe(this.log);
    this.lines = createInterface({ input: this.child.stdout });
    this.gone = new Promise((resolve) => {
      this.child.on('error', (error) => resolve({ error }));
      this.child.on('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** The first line of standard output, parsed as JSON. */
  async ready() {
    let late;
    const line = await Promise.race([
      new Promise((resolve) => this.lines.once('line', resolve)),
      this.gone.then((end) => {
        throw new Error(`${this.what}: ended before it was ready: ${JSON.stringify(end)}`);
      }),
      new Promise((_, reject) => {
        late = setTimeout(() => reject(new Error(`${this.what}: not ready within ${READY_MS_MAX} ms`)), READY_MS_MAX);
      }),
    ]).finally(() => clearTimeout(late));
    this.readyAt = Date.now();
    this.lines.on('line', () => {});
    return JSON.parse(line);
  }

  /** As a power cut would: no chance to say anything. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.gone;
  }

  /** Asks it to stop; returns the exit code, or throws when it does not stop. */
  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    this.child.kill(signal);
    let late;
    const end = await Promise.race([
      this.gone,
      new Promise((resolve) => {
        late = setTimeout(() => resolve(null), STOP_MS_MAX);
      }),
    ]);
    clearTimeout(late);
    if (end === null) {
      this.child.kill('SIGKILL');
      throw new Error(`${this.what}: did not stop within ${STOP_MS_MAX} ms of ${signal}`);
    }
    return end.code;
  }
}

/** By what a node is started that finds no ffmpeg, and so makes no clips: no story about something else shares its cores with them. */
export const WITHOUT_FFMPEG = ['env', 'PATH=/nonexistent'];

/** `under`: a program and its arguments by which the node is started. */
export function startVisavis(args, log, { under = [], ...options } = {}) {
  const [program, ...rest] = [...under, VISAVIS, ...args];
  return new Running(program, rest, log, options);
}

export const startImpair = (args, log) => new Running(IMPAIR, args, log);
