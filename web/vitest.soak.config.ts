import { defineConfig } from 'vitest/config';

// The soaks alone, which `make test` leaves out for their length. They look at memory: one thread of its own, whose
// garbage can be asked for, and whose engine compiles each function once, when it first runs, and keeps that. Otherwise
// the heap grows for hours by code that is compiled anew as it gets hot, 2 to 5 KB a commit, and hides what else grows.
export default defineConfig({
  test: { include: ['test/**/*.soak.ts'], environment: 'node', pool: 'forks', execArgv: ['--expose-gc', '--always-sparkplug', '--no-opt', '--no-flush-bytecode'], testTimeout: 1_800_000 },
});
