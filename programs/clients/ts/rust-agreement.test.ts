import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MAX_ATTEMPTS as CORE_MAX_ATTEMPTS } from '#core/job/end-reason';
import { BPS, MIN_STAKE_BASE, NODE_SHARE_BPS, SLASH_BPS } from '#core/money/split';
import { DATASET_REGISTRY_INSTRUCTIONS } from './dataset-registry.ts';
import { PROGRAM_ERRORS } from './errors.ts';
import { ABANDONED_AFTER_SECONDS, JOB_ESCROW_INSTRUCTIONS, MAX_ATTEMPTS, MAX_LOCK_SECONDS, MAX_VERIFY_SECONDS } from './job-escrow.ts';
import { BAN_AFTER_FAILURES, MIN_NODE_STAKE_BASE, NODE_REGISTRY_INSTRUCTIONS, UNSTAKE_LOCK_SECONDS } from './node-registry.ts';

const rust = (path: string): string => readFileSync(new URL(`../../shared/src/${path}`, import.meta.url), 'utf8');

/** Evaluates a constant of limits.rs: a number, or a number times DAY_SECONDS. */
function limit(name: string): bigint {
  const found = new RegExp(`const ${name}: \\w+ = (?:([\\d_]+) \\* DAY_SECONDS|([\\d_]+));`).exec(rust('limits.rs'));
  const [, days, plain] = found ?? [];
  if (days !== undefined) return BigInt(days.replaceAll('_', '')) * 86_400n;
  return BigInt((plain ?? '').replaceAll('_', ''));
}

test('every error of the programs has its text here, and the other way round', () => {
  const inRust = [...rust('error.rs').matchAll(/^ {4}(\w+) = (\d+),$/gm)].map(([, name, code]) => `${code} ${name}`);
  const here = Object.entries(PROGRAM_ERRORS).map(([code, { name }]) => `${code} ${name}`);
  expect(here).toEqual(inRust);
});

test.each([
  ['job_escrow', JOB_ESCROW_INSTRUCTIONS],
  ['node_registry', NODE_REGISTRY_INSTRUCTIONS],
  ['dataset_registry', DATASET_REGISTRY_INSTRUCTIONS],
])('the instruction tags of %s agree', (program, here) => {
  const body = new RegExp(`mod ${program} \\{([^}]*)\\}`).exec(rust('tags.rs'))?.[1] ?? '';
  const inRust = [...body.matchAll(/const (\w+): u8 = (\d+);/g)].map(([, name, tag]) => [
    name!.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    Number(tag),
  ]);
  expect(Object.entries(here)).toEqual(inRust);
});

test.each([
  ['MAX_LOCK_SECONDS', MAX_LOCK_SECONDS],
  ['MAX_VERIFY_SECONDS', MAX_VERIFY_SECONDS],
  ['ABANDONED_AFTER_SECONDS', ABANDONED_AFTER_SECONDS],
  ['UNSTAKE_LOCK_SECONDS', UNSTAKE_LOCK_SECONDS],
  ['MAX_ATTEMPTS', BigInt(MAX_ATTEMPTS)],
  ['MAX_ATTEMPTS', BigInt(CORE_MAX_ATTEMPTS)],
  ['MIN_STAKE', MIN_NODE_STAKE_BASE],
  ['MIN_STAKE', MIN_STAKE_BASE],
  ['BAN_AFTER_FAILURES', BigInt(BAN_AFTER_FAILURES)],
  ['BPS', BPS],
  ['NODE_SHARE_BPS', NODE_SHARE_BPS],
  ['SLASH_TIMEOUT_BPS', SLASH_BPS.timeout],
  ['SLASH_INVALID_BPS', SLASH_BPS.invalid],
])('%s agrees', (name, here) => {
  expect(limit(name)).toBe(here);
});

test('the clients run in browsers: no Node builtin but in programs-on-disk.ts', () => {
  const folder = new URL('./', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'programs-on-disk.ts');
  const guilty = files.filter((file) => /from 'node:|from 'buffer'|Buffer\.from|\bprocess\./.test(readFileSync(new URL(file, folder), 'utf8')));
  expect(files.length).toBeGreaterThan(8);
  expect(guilty).toEqual([]);
});
