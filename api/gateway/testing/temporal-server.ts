import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Connection } from '@temporalio/client';

export interface TestTemporal {
  readonly address: string;
  stop(): Promise<void>;
}

/** A Temporal dev server of its own, in memory, gone with the test. */
export async function startTestTemporal(executable: string, port: number): Promise<TestTemporal> {
  const address = `127.0.0.1:${port}`;
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'];
  const child = spawn(executable, args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  const giveUpAtMs = Date.now() + 30_000;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '1 s' });
      await connection.close();
      return { address, stop };
    } catch (error) {
      if (Date.now() < giveUpAtMs && child.exitCode === null) continue;
      await stop();
      throw error;
    }
  }
}
