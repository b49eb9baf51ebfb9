import type { HyperParameters } from '#core/graph/hyper-parameters';
import type { CompiledModel } from '../../model/model.ts';
import { clipGradients } from '../../trainer/clip.ts';
import type { Optimizer } from '../../trainer/optimizer.ts';
import { slotName, type InputFormat } from '../../trainer/stepper.ts';
import { attr, type GraphBuilder, type GraphTensor, type GraphVariable } from './graph-builder.ts';
import { addFiniteness, addForward, addState, element, NODES, pack, startModelGraph, type GraphOptions, type ModelGraphParts } from './model-graph.ts';
import { scalar } from './ops/context.ts';
import { applyOptimizer } from './optimizers.ts';

export interface TrainingGraph {
  readonly builder: GraphBuilder;
  /** Ids of the layers that `NODES.finite` has flags for, in running order. */
  readonly layers: readonly string[];
}

/** Lets a run fail where the loss is no finite number: before anything is changed, so that the run can be looked into. */
function checked({ context: { builder } }: ModelGraphParts, loss: GraphTensor): GraphTensor {
  return builder.one('CheckNumerics', [loss], { sides: [], dtype: loss.dtype }, { T: attr.type(loss.dtype), message: attr.text('loss') });
}

/** Variables of a weight and its optimizer slots. */
function addSlots({ context }: ModelGraphParts, model: CompiledModel, optimizer: Optimizer): ReadonlyMap<string, readonly GraphVariable[]> {
  return new Map(model.trainable.map(({ fullName, shape }) => [fullName, optimizer.slots.map((slot) => addState(context, slotName(slot, fullName), shape))]));
}

/**
 * One training step as one graph. Feeds: x, y, step, controls; the fetch `metrics` gives [loss, correct] once all weights
 * and slots have moved. `loss` and `finite` tell what happened where the step failed.
 */
export function buildTrainingGraph(model: CompiledModel, input: InputFormat, hyperParameters: HyperParameters, optimizer: Optimizer, options: GraphOptions = {}): TrainingGraph {
  const parts = startModelGraph(model, input, options);
  const { context, ops, weights, y } = parts;
  const { builder, tape } = context;
  const slots = addSlots(parts, model, optimizer);
  const step = builder.placeholder(NODES.step, [], 'int32');
  const controls = builder.placeholder(NODES.controls, [optimizer.controlCount], 'float32');

  tape.start();
  const pass = addForward(parts, model, { seed: hyperParameters.seed, step });
  const loss = model.loss.mean(ops, pass.scores, y);
  const sources = model.trainable.map(({ fullName }) => pass.read.get(fullName) as GraphTensor);
  const found = tape.gradients(loss, sources, scalar(context, 1, 'float32'), ops.add);
  const gradients = clipGradients(ops, found.map((gradient, at) => gradient ?? ops.zerosLike(sources[at] as GraphTensor)), hyperParameters);

  const guard = checked(parts, loss);
  const scalars = Array.from({ length: optimizer.controlCount }, (_, at) => element(context, controls, at));
  const moved = model.trainable.map(({ fullName }, index) => {
    const weight = { variable: weights.get(fullName) as GraphVariable, value: sources[index] as GraphTensor };
    const gradient = gradients[index] as GraphTensor;
    return applyOptimizer({ context, ops, optimizer, weight, gradient, slots: slots.get(fullName) ?? [], controls: scalars, after: [guard] });
  });
  const kept = [...pass.updates].map(([name, value]) => builder.assign(weights.get(name) as GraphVariable, value, [guard]));
  const correct = model.loss.correct(ops, pass.scores, y);
  builder.output(NODES.metrics, pack(context, [guard, correct]), [...moved.flat(), ...kept]);
  builder.output(NODES.loss, loss);
  builder.output(NODES.finite, addFiniteness(context, [...pass.outputs.values()]));
  return { builder, layers: [...pass.outputs.keys()] };
}
