import { describe, expect, it } from 'vitest';
import { summarise } from './summary.mjs';

const passing = { status: 'passed', fullName: 'works' };
const failing = { status: 'failed', fullName: 'breaks', failureMessages: ['expected 1 to be 2\n  at x'] };
const file = (status, assertionResults, message = '') => ({ name: '/repo/a.test.ts', status, message, assertionResults });
const run = (code, ...testResults) => ({ project: 'unit', code, report: { testResults } });

describe('summarise', () => {
  it('adds up the projects', () => {
    expect(summarise([run(0, file('passed', [passing, passing])), run(0, file('passed', [passing]))], '/repo')).toEqual({ lines: [], passed: 3, failed: 0 });
  });

  it('shows each failure with its file and message', () => {
    const { lines, passed, failed } = summarise([run(1, file('failed', [passing, failing]))], '/repo');
    expect({ passed, failed }).toEqual({ passed: 1, failed: 1 });
    expect(lines[0]).toBe('FAILED  unit: a.test.ts > breaks');
    expect(lines[1]).toContain('expected 1 to be 2');
  });

  it('counts a file that could not be loaded as a failure', () => {
    expect(summarise([run(1, file('passed', [passing]), file('failed', [], 'Cannot find module'))], '/repo')).toMatchObject({ passed: 1, failed: 1 });
  });

  it('counts a project that ended badly, or left no report, as a failure', () => {
    expect(summarise([run(1, file('passed', [passing]))], '/repo')).toMatchObject({ passed: 1, failed: 1 });
    expect(summarise([{ project: 'unit', code: null, report: undefined }], '/repo')).toMatchObject({ passed: 0, failed: 1 });
  });

  it('lists tests that were left out and counts them as neither', () => {
    const { lines, passed, failed } = summarise([run(0, file('passed', [passing, { status: 'skipped', fullName: 'later' }]))], '/repo');
    expect({ passed, failed }).toEqual({ passed: 1, failed: 0 });
    expect(lines).toEqual(['not run  unit: a.test.ts > later']);
  });

  it('says so when nothing ran at all', () => {
    expect(summarise([run(0)], '/repo').lines).toEqual(['FAILED  no test ran']);
  });
});
