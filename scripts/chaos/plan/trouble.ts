/** Ways in which a node's owner might try to be paid for less than the work. One file of `liars/` for each. */
export const LIES = [
  'skips-steps',
  'stale-checkpoint',
  'random-weights',
  'wrong-data-order',
  'fewer-samples',
  'smaller-model',
  'copied-checkpoint',
  'wrong-commitment',
  'never-finishes',
] as const;
export type Lie = (typeof LIES)[number];

/** Processes of the platform that can be killed. */
export const PLATFORM_PARTS = ['platform', 'api', 'verifier', 'temporal', 'postgres', 'mongo', 'localnet', 'storage'] as const;
export type PlatformPart = (typeof PLATFORM_PARTS)[number];

/** Processes at a provider: its worker, the training, or the whole machine. */
export const NODE_PARTS = ['node', 'trainer', 'machine'] as const;
export type NodePart = (typeof NODE_PARTS)[number];

/** Connections that can be cut. */
export const LINKS = ['node-platform', 'node-storage', 'platform-temporal', 'platform-postgres', 'platform-localnet', 'api-temporal', 'api-postgres', 'verifier-storage', 'verifier-postgres'] as const;
export type Link = (typeof LINKS)[number];

/** What the way to the chain does to answers while it is in trouble. */
export const CHAIN_MODES = ['drops-answers', 'errors', 'delays'] as const;
export type ChainMode = (typeof CHAIN_MODES)[number];

/** When a fault strikes: at that state, after that share of the training, and after that time. */
export interface Moment {
  readonly phase: 'ESCROWED' | 'ASSIGNED' | 'training' | 'verifying';
  /** Of the steps; with `training` only. */
  readonly share: number;
  readonly delayMs: number;
}

export type Trouble =
  | { readonly kind: 'lie'; readonly lie: Lie }
  | { readonly kind: 'kill'; readonly part: PlatformPart | NodePart; readonly at: Moment; readonly downMs: number }
  /** Its owner takes the node out of service, for this long. */
  | { readonly kind: 'drain'; readonly at: Moment; readonly forMs: number }
  /** The machine goes and is not back before its lease has ended: a timeout, as published. */
  | { readonly kind: 'node-gone'; readonly at: Moment }
  | { readonly kind: 'cut'; readonly link: Link; readonly at: Moment; readonly forMs: number }
  | { readonly kind: 'chain'; readonly mode: ChainMode; readonly forMs: number }
  /** The same submission several times at once, and a stranger's cancellation. */
  | { readonly kind: 'repeat-submit' }
  /** Its cancellation comes before and with its submission, and the submission comes once more after its end. */
  | { readonly kind: 'reordered' }
  /** Cancelled twice at once, by an owner who does not wait for the answer. */
  | { readonly kind: 'repeat-cancel'; readonly at: Moment }
  /** The chain's clock jumps ahead. */
  | { readonly kind: 'clock-jump'; readonly at: Moment; readonly seconds: number }
  | { readonly kind: 'full-disk'; readonly at: Moment };

/** Every kind by the name under which `--only` and reports know it. */
export const TROUBLE_NAMES: readonly string[] = [
  ...LIES.map((lie) => `lie:${lie}`),
  ...[...NODE_PARTS, ...PLATFORM_PARTS].map((part) => `kill:${part}`),
  ...LINKS.map((link) => `cut:${link}`),
  ...CHAIN_MODES.map((mode) => `chain:${mode}`),
  'node-gone',
  'drain',
  'repeat-submit',
  'reordered',
  'repeat-cancel',
  'clock-jump',
  'full-disk',
];

export function nameOfTrouble(trouble: Trouble): string {
  switch (trouble.kind) {
    case 'lie':
      return `lie:${trouble.lie}`;
    case 'kill':
      return `kill:${trouble.part}`;
    case 'cut':
      return `cut:${trouble.link}`;
    case 'chain':
      return `chain:${trouble.mode}`;
    default:
      return trouble.kind;
  }
}
