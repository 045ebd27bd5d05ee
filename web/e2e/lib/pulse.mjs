// Real sound devices for a browser that can be pulled out, muted and put back: a PulseAudio server of the story's own.
// What plays into a microphone is a file; what a browser plays goes into a room that nobody hears, and can be recorded.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const READY_MS_MAX = 5_000;

export class Pulse {
  constructor(story) {
    this.folder = story.scratch('pulse');
    this.socket = join(this.folder, 'native');
    /** What a browser needs to find these devices and no others. */
    this.env = { ...process.env, HOME: this.folder, XDG_RUNTIME_DIR: this.folder, PULSE_RUNTIME_PATH: this.folder, PULSE_SERVER: `unix:${this.socket}` };
    this.modules = new Map();
    this.playing = new Map();
    story.undo.push(() => this.stop());
  }

  async start() {
    const server = ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no', '--realtime=no', '--high-priority=no', '--log-level=error'];
    const load = [`module-native-protocol-unix socket=${this.socket} auth-anonymous=1`, 'module-null-sink sink_name=room rate=48000 sink_properties=device.description=Room'];
    this.server = spawn('pulseaudio', [...server, ...load.map((one) => `--load=${one}`)], { env: this.env, stdio: 'ignore' });
    const end = Date.now() + READY_MS_MAX;
    while (!existsSync(this.socket) || !this.answers()) {
      if (Date.now() > end) throw new Error(`pulseaudio: not ready within ${READY_MS_MAX} ms`);
      await new Promise((next) => setTimeout(next, 50));
    }
    return this;
  }

  /** Puts a microphone in: a source that delivers what is played into it. */
  plug(name) {
    if (!this.modules.has(`${name}-in`)) this.load(`${name}-in`, 'module-null-sink', `sink_name=${name}-in`, 'rate=48000');
    this.load(name, 'module-remap-source', `master=${name}-in.monitor`, `source_name=${name}`, `source_properties=device.description=${name}`);
  }

  /** A microphone that hears what the browser plays, as one beside a loudspeaker does. */
  echo(name) {
    this.load(name, 'module-remap-source', 'master=room.monitor', `source_name=${name}`, `source_properties=device.description=${name}`);
  }

  /** Pulls it out. */
  unplug(name) {
    this.control('unload-module', this.modules.get(name));
    this.modules.delete(name);
  }

  /** The switch on the device itself. */
  mute(name, muted) {
    this.control('set-source-mute', name, muted ? '1' : '0');
  }

  /** Plays a file into a microphone, again and again, until told otherwise. */
  speak(name, file) {
    this.hush(name);
    const play = { over: false };
    const next = () => {
      if (play.over) return;
      play.child = spawn('paplay', [`--device=${name}-in`, file], { env: this.env, stdio: 'ignore' });
      play.child.on('close', next);
    };
    next();
    this.playing.set(name, play);
  }

  hush(name) {
    const play = this.playing.get(name);
    if (!play) return;
    play.over = true;
    play.child.kill();
    this.playing.delete(name);
  }

  load(name, ...module) {
    this.modules.set(name, this.control('load-module', ...module));
  }

  control(...args) {
    return execFileSync('pactl', args, { env: this.env, encoding: 'utf8' }).trim();
  }

  answers() {
    try {
      return this.control('info').length > 0;
    } catch {
      return false;
    }
  }

  stop() {
    for (const name of this.playing.keys()) this.hush(name);
    this.server?.kill();
  }
}
