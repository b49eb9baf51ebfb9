import { CyxError } from '#core/errors/cyx-error';
import { blameFor } from '#core/verification/blame';
import type { LinkRecord } from '#core/verification/chain-of-links';
import type { Segment } from '#core/verification/draw';
import { toleranceOf } from '#core/verification/tolerance';
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
 * Re-executes the drawn segments. Those that follow each other are run as one, which ends with the first link that comes
 * out otherwise: the segment before that one is then looked at by itself.
 *
 * @throws WrongResult; CyxError where this machine failed, or where a device of another name gave other numbers.
 */
export async function checkSegments(run: RunUnderTest, drawn: readonly Segment[]): Promise<void> {
  for (const stretch of stretchesOf(drawn)) {
    const doubtful = stretch.length > 1 ? await doubtfulOf(run, stretch) : stretch;
    for (const segment of doubtful) await checkSegment(run, segment);
  }
}

function stretchesOf(drawn: readonly Segment[]): Segment[][] {
  const stretches: Segment[][] = [];
  for (const segment of drawn) {
    const last = stretches.at(-1);
    if (last?.at(-1)?.toStep === segment.fromStep) last.push(segment);
    else stretches.push([segment]);
  }
  return stretches;
}

/** Runs segments that follow each other as one; what of them is still to be looked at one by one. */
async function doubtfulOf(run: RunUnderTest, stretch: readonly Segment[]): Promise<readonly Segment[]> {
  const whole = { ...stretch.at(-1)!, fromStep: stretch[0]!.fromStep };
  const device = deviceOf(run.spans, whole);
  if (device === undefined) return stretch;
  const expected = stretch.map(({ toStep }) => linkAt(run, toStep)).map(({ step, stateHash, chain }) => ({ step, stateHash, chain }));
  const found = await runIfSound(run, { ...(await startOf(run, whole)), toStep: whole.toStep, device, expected });
  // Nothing sound came out, or on another device: then a single difference says nothing about what follows.
  if (found === null || found.device !== device) return stretch;
  if (!isLink(found, linkAt(run, found.toStep))) return stretch.filter(({ toStep }) => toStep >= found.toStep);
  run.onProgress(found.steps);
  return [];
}

async function checkSegment(run: RunUnderTest, segment: Segment): Promise<void> {
  const link = linkAt(run, segment.toStep);
  const start = await startOf(run, segment);
  const device = deviceOf(run.spans, segment);
  // The end is fetched too: what a later attempt may go on from has to be what was reported, and it is compared with.
  const end = await run.checkpoints.open(link);
  let found: Reexecution;
  try {
    found = await runChild(run, { ...start, toStep: segment.toStep, device, compareWithFile: end.file });
  } catch (error) {
    if (error instanceof CyxError && isNodesFault(error)) throw new WrongResult(link.attempt, `Steps ${segment.fromStep + 1} to ${segment.toStep} can not be re-executed: ${error.message}`);
    throw error;
  }
  run.onProgress(found.steps);
  if (isLink(found, link)) return;
  if (device === found.device) throw await wrongSegment(run, segment, found);
  if ((found.maxDifference ?? Infinity) <= toleranceOf(run.deviceClass)) return;
  throw new CyxError('UNAVAILABLE', `Steps ${segment.fromStep + 1} to ${segment.toStep} came out otherwise, but on another device (${found.device}) than the node's (${device ?? 'not one alone'}): this verifier can not judge`);
}

/** Whose fault it is: the maker's, unless it went on, within this segment, from something that was wrong already. */
async function wrongSegment(run: RunUnderTest, segment: Segment, found: Reexecution): Promise<WrongResult> {
  const link = linkAt(run, segment.toStep);
  const point = run.resumePoint(segment);
  const reason =
    `Steps ${segment.fromStep + 1} to ${segment.toStep} give the state ${found.stateHash} and the link ${found.chain}, ` +
    `but ${link.stateHash} and ${link.chain} were committed to`;
  if (point === null) return new WrongResult(link.attempt, reason);
  const { file } = await run.checkpoints.open(point);
  const rest = await runIfSound(run, { startFile: file, toStep: segment.toStep, device: deviceOf(run.spans, { ...segment, fromStep: point.step }) });
  return new WrongResult(blameFor({ maker: link.attempt, resumedFrom: point.attempt, restHolds: rest !== null && isLink(rest, link) }), reason);
}

/** The checkpoint before a segment; none before the first. */
async function startOf(run: RunUnderTest, { fromStep }: Segment): Promise<{ startFile?: string }> {
  return fromStep === 0 ? {} : { startFile: (await run.checkpoints.open(linkAt(run, fromStep))).file };
}

interface ChildRun {
  readonly startFile?: string;
  readonly toStep: number;
  readonly device: string | undefined;
  readonly compareWithFile?: string;
  readonly expected?: Parameters<typeof reexecuteInChild>[0]['expected'];
}

async function runChild(run: RunUnderTest, { startFile, toStep, device, compareWithFile, expected }: ChildRun): Promise<Reexecution> {
  const { graphJson, hyperParameters, datasetFile, datasetCid, checkpointEverySteps, signal } = run;
  const threads = device === undefined ? undefined : threadsOf(device);
  return reexecuteInChild({
    ...{ graphJson, hyperParameters, datasetFile, datasetCid, checkpointEverySteps, toStep, signal },
    ...(startFile === undefined ? {} : { fromCheckpointFile: startFile }),
    ...(threads === undefined ? {} : { threads }),
    ...(compareWithFile === undefined ? {} : { compareWithFile }),
    ...(expected === undefined ? {} : { expected }),
  });
}

/** Null where nothing sound can be made of the node's files. */
async function runIfSound(run: RunUnderTest, child: ChildRun): Promise<Reexecution | null> {
  try {
    return await runChild(run, child);
  } catch (error) {
    if (error instanceof CyxError && isNodesFault(error)) return null;
    throw error;
  }
}

function isLink(found: Reexecution, link: LinkRecord): boolean {
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
