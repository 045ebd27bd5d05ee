import { defineConfig } from 'vitest/config';

// The soaks alone, which `make test` leaves out for their length. They look at memory: one thread of its own, whose
// garbage can be asked for.
export default defineConfig({
  test: { include: ['test/**/*.soak.ts'], environment: 'node', pool: 'forks', execArgv: ['--expose-gc'], testTimeout: 900_000 },
});
