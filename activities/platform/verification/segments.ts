import { CyxError } from '#core/errors/cyx-error';
import { blameFor } from '#core/verification/blame';
import type { LinkRecord } from '#core/verification/chain-of-links';
import type { Segment } from '#core/verification/draw';
import { toleranceOf } from '#core/verification/tolerance';
import type { ReexecutedPart } from '#engine/node/child-contract';
import { threadsOf } from '#engine/node/device-class';
import { reexecuteInChild, type Reexecution } from '#engine/node/reexecute-in-child';
import type { DeviceSpan } from '#engine/trainer/state';
import type { CheckpointReader } from './checkpoints.ts';
import { isNodesFault } from './deps.ts';
import { WrongResult } from './wrong-result.ts';

/** A run whose segments are to be re-executed. */
export interface RunUnderTest {
  readonly graphJson: string;
  readonly hyperParameters: Parameters<typeof reexecuteInChild>[0]['hyperParameters'];
  readonly datasetFile: string;
  readonly datasetCid: string;
  readonly checkpointEverySteps: number;
  readonly deviceClass: string;
  readonly links: readonly LinkRecord[];
  /** Where the run was, as its last checkpoint says. */
  readonly spans: readonly DeviceSpan[];
  readonly checkpoints: CheckpointReader;
  /** The checkpoint within a segment from which its maker went on, made by an earlier attempt; null where there is none. */
  readonly resumePoint: (segment: Segment) => LinkRecord | null;
  readonly signal: AbortSignal;
  readonly onProgress: (steps: number) => void;
}

/**
 * Re-executes the drawn segments. Those that were made on the same device are run in one process, and those of them that
 * follow each other as one: it ends with the first link that comes out otherwise. What is not found right by then is
 * looked at segment by segment.
 *
 * @throws WrongResult; CyxError where this machine failed, or where a device of another name gave other numbers.
 */
export async function checkSegments(run: RunUnderTest, drawn: readonly Segment[]): Promise<void> {
  const byDevice = new Map<string | undefined, Segment[]>();
  for (const segment of drawn) {
    const device = deviceOf(run.spans, segment);
    byDevice.set(device, [...(byDevice.get(device) ?? []), segment]);
  }
  for (const [device, segments] of byDevice) {
    const doubtful = device === undefined ? segments : await doubtfulOf(run, device, stretchesOf(segments));
    for (const segment of doubtful) await checkSegment(run, segment);
  }
}

function stretchesOf(segments: readonly Segment[]): Segment[][] {
  const stretches: Segment[][] = [];
  for (const segment of segments) {
    const last = stretches.at(-1);
    if (last?.at(-1)?.toStep === segment.fromStep) last.push(segment);
    else stretches.push([segment]);
  }
  return stretches;
}

/** Runs all of them in one process; what of them is still to be looked at one by one. */
async function doubtfulOf(run: RunUnderTest, device: string, stretches: readonly Segment[][]): Promise<readonly Segment[]> {
  const parts: Part[] = [];
  for (const stretch of stretches) parts.push({ ...(await startOf(run, stretch[0]!)), toStep: stretch.at(-1)!.toStep, expected: stretch.map(({ toStep }) => linkAt(run, toStep)) });
  const found = await runIfSound(run, device, parts);
  // Nothing sound came out, or on another device: then a single difference says nothing about what follows.
  if (found === null || found.device !== device) return stretches.flat();
  return stretches.flatMap((stretch, index) => {
    const part = found.parts[index];
    if (part === undefined) return stretch;
    if (!part.asExpected) return stretch.filter(({ toStep }) => toStep >= part.toStep);
    run.onProgress(part.steps);
    return [];
  });
}

async function checkSegment(run: RunUnderTest, segment: Segment): Promise<void> {
  const link = linkAt(run, segment.toStep);
  const start = await startOf(run, segment);
  const device = deviceOf(run.spans, segment);
  // The end is fetched too: what a later attempt may go on from has to be what was reported, and it is compared with.
  const end = await run.checkpoints.open(link);
  let child: Reexecution;
  try {
    child = await runChild(run, device, [{ ...start, toStep: segment.toStep, compareWithFile: end.file }]);
  } catch (error) {
    if (error instanceof CyxError && isNodesFault(error)) throw new WrongResult(link.attempt, `Steps ${segment.fromStep + 1} to ${segment.toStep} can not be re-executed: ${error.message}`);
    throw error;
  }
  const found = child.parts[0]!;
  run.onProgress(found.steps);
  if (isLink(found, link)) return;
  if (device === child.device) throw await wrongSegment(run, segment, found);
  if ((found.maxDifference ?? Infinity) <= toleranceOf(run.deviceClass)) return;
  throw new CyxError('UNAVAILABLE', `Steps ${segment.fromStep + 1} to ${segment.toStep} came out otherwise, but on another device (${child.device}) than the node's (${device ?? 'not one alone'}): this verifier can not judge`);
}

/** Whose fault it is: the maker's, unless it went on, within this segment, from something that was wrong already. */
async function wrongSegment(run: RunUnderTest, segment: Segment, found: ReexecutedPart): Promise<WrongResult> {
  const link = linkAt(run, segment.toStep);
  const point = run.resumePoint(segment);
  const reason =
    `Steps ${segment.fromStep + 1} to ${segment.toStep} give the state ${found.stateHash} and the link ${found.chain}, ` +
    `but ${link.stateHash} and ${link.chain} were committed to`;
  if (point === null) return new WrongResult(link.attempt, reason);
  const { file } = await run.checkpoints.open(point);
  const rest = (await runIfSound(run, deviceOf(run.spans, { ...segment, fromStep: point.step }), [{ fromCheckpointFile: file, toStep: segment.toStep }]))?.parts[0];
  return new WrongResult(blameFor({ maker: link.attempt, resumedFrom: point.attempt, restHolds: rest !== undefined && isLink(rest, link) }), reason);
}

/** The checkpoint before a segment; none before the first. */
async function startOf(run: RunUnderTest, { fromStep }: Segment): Promise<{ fromCheckpointFile?: string }> {
  return fromStep === 0 ? {} : { fromCheckpointFile: (await run.checkpoints.open(linkAt(run, fromStep))).file };
}

type Part = Parameters<typeof reexecuteInChild>[0]['parts'][number];

async function runChild(run: RunUnderTest, device: string | undefined, parts: Part[]): Promise<Reexecution> {
  const { graphJson, hyperParameters, datasetFile, datasetCid, checkpointEverySteps, signal } = run;
  const threads = device === undefined ? undefined : threadsOf(device);
  return reexecuteInChild({ graphJson, hyperParameters, datasetFile, datasetCid, checkpointEverySteps, parts, signal, ...(threads === undefined ? {} : { threads }) });
}

/** Null where nothing sound can be made of the node's files. */
async function runIfSound(run: RunUnderTest, device: string | undefined, parts: Part[]): Promise<Reexecution | null> {
  try {
    return await runChild(run, device, parts);
  } catch (error) {
    if (error instanceof CyxError && isNodesFault(error)) return null;
    throw error;
  }
}

function isLink(found: ReexecutedPart, link: LinkRecord): boolean {
  return found.stateHash === link.stateHash && found.chain === link.chain;
}

function linkAt({ links }: RunUnderTest, step: number): LinkRecord {
  const link = links.find((candidate) => candidate.step === step);
  if (link === undefined) throw new CyxError('INTERNAL', `A segment was drawn that ends at step ${step}, where there is no link`);
  return link;
}

/** The one device that did all of a segment's steps; undefined where it was none or several. */
function deviceOf(spans: readonly DeviceSpan[], { fromStep, toStep }: Segment): string | undefined {
  const devices = new Set<string>();
  for (const [index, { fromStep: first, device }] of spans.entries()) {
    const last = (spans[index + 1]?.fromStep ?? Infinity) - 1;
    if (first <= toStep && last > fromStep) devices.add(device);
  }
  const [only] = devices;
  return devices.size === 1 ? only : undefined;
}
