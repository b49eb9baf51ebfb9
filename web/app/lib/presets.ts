/** Models to start from. Each is fitted to the dataset's sample shape and number of classes. */
export const PRESETS = [
  { id: 'cnn', name: 'Small CNN', about: 'Two convolutions and one linear layer. A good first model for images.', imagesOnly: true },
  { id: 'mlp', name: 'Two-layer network', about: 'One hidden layer of 128 units. For tables, and for small images.', imagesOnly: false },
  { id: 'linear', name: 'Linear model', about: 'One linear layer: the baseline that everything else has to beat.', imagesOnly: false },
] as const;
export type PresetId = (typeof PRESETS)[number]['id'];
/** Stands for a graph that was pasted. */
export const OWN_GRAPH = 'own';

interface Layer {
  readonly type: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export function isPresetId(value: string): value is PresetId {
  return PRESETS.some(({ id }) => id === value);
}

export function isImageShape(shape: readonly number[]): boolean {
  return shape.length === 3;
}

interface PresetDataset {
  readonly classes: number;
  readonly inputDtype: string | null;
  readonly targetWidth: number | null;
}

/** What the last layer gives: a score for each class, or the numbers to predict. */
export interface PresetTargets {
  readonly units: number;
  readonly areNumbers: boolean;
}

/** Why no preset fits a dataset; null where they do. */
export function presetProblem({ classes, inputDtype, targetWidth }: PresetDataset): string | null {
  if (inputDtype === 'int32') return 'its samples are indices, so the model needs an Embedding with your vocabulary: bring your own graph';
  if (classes === 0 && targetWidth === null) return 'it is not known how many numbers it has to predict: store the dataset again, or bring your own graph';
  return null;
}

export function presetTargets({ classes, targetWidth }: PresetDataset): PresetTargets {
  return classes > 0 ? { units: classes, areNumbers: false } : { units: targetWidth ?? 1, areNumbers: true };
}

/** The preset as graph JSON for samples of `shape`. */
export function presetGraphJson(id: PresetId, shape: readonly number[], { units, areNumbers }: PresetTargets): string {
  const output: Layer = areNumbers ? { type: 'Output', params: { loss: 'meanSquaredError' } } : { type: 'Output' };
  return chainJson([{ type: 'DataInput', params: { shape } }, ...body(id, shape), { type: 'Linear', params: { units } }, output]);
}

function body(id: PresetId, shape: readonly number[]): Layer[] {
  const flatten: Layer[] = shape.length > 1 ? [{ type: 'Flatten' }] : [];
  switch (id) {
    case 'cnn':
      return [...convolutionBlock(16), ...convolutionBlock(32), ...flatten];
    case 'mlp':
      return [...flatten, { type: 'Linear', params: { units: 128 } }, { type: 'ReLU' }];
    case 'linear':
      return flatten;
  }
}

function convolutionBlock(filters: number): Layer[] {
  return [{ type: 'Conv2D', params: { filters, kernelSize: 3, padding: 'same' } }, { type: 'ReLU' }, { type: 'MaxPool', params: { poolSize: 2 } }];
}

/** Layers one after the other, each named after its type and place. */
function chainJson(layers: readonly Layer[]): string {
  const nodes = layers.map(({ type, params = {} }, index) => ({ id: `${type.toLowerCase()}-${index}`, type, params }));
  const edges = nodes.slice(1).map(({ id }, index) => ({ from: nodes[index]!.id, to: id }));
  return JSON.stringify({ version: 1, nodes, edges });
}
