// Adds up vitest's JSON reports. Pure, so that the counting itself can be tested.
import { relative } from 'node:path';

/**
 * @typedef {object} ProjectRun
 * @property {string} project
 * @property {number | null} code exit code of vitest
 * @property {any} report its JSON report; undefined where it left none
 */

/**
 * @param {ProjectRun[]} runs
 * @param {string} root
 * @returns {{ lines: string[], passed: number, failed: number }}
 */
export function summarise(runs, root) {
  const lines = [];
  let passed = 0;
  let failed = 0;
  for (const { project, code, report } of runs) {
    const counted = countReport(project, report, root);
    passed += counted.passed;
    failed += counted.failed;
    lines.push(...counted.lines);
    if (code !== 0 && counted.failed === 0) {
      failed++;
      lines.push(`FAILED  ${project}: vitest ended with ${code} although no test failed (see its output above)`);
    }
  }
  if (passed + failed === 0) lines.push('FAILED  no test ran');
  return { lines, passed, failed };
}

function countReport(project, report, root) {
  const lines = [];
  let passed = 0;
  let failed = 0;
  const notRun = [];
  for (const file of report?.testResults ?? []) {
    const name = relative(root, file.name);
    const tests = file.assertionResults ?? [];
    for (const test of tests) {
      if (test.status === 'passed') passed++;
      else if (test.status === 'failed') {
        failed++;
        lines.push(`FAILED  ${project}: ${name} > ${test.fullName}`, ...firstLines(test.failureMessages?.[0]));
      } else notRun.push(`${name} > ${test.fullName}`);
    }
    if (file.status === 'failed' && !tests.some((test) => test.status === 'failed')) {
      failed++;
      lines.push(`FAILED  ${project}: ${name} could not be run`, ...firstLines(file.message));
    }
  }
  for (const test of notRun) lines.push(`not run  ${project}: ${test}`);
  return { lines, passed, failed };
}

function firstLines(message, count = 6) {
  if (!message) return [];
  return message.split('\n').slice(0, count).map((line) => `    ${line}`);
}
