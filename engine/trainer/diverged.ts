import { CyxError } from '#core/errors/cyx-error';

const ADVICE = 'Try a smaller learning rate, gradient clipping or BatchNorm layers';

/** A step whose loss is no finite number; `layer`: the first one that gave such a value, where that is known. */
export function divergedAt({ step, loss, layer }: { readonly step: number; readonly loss: number; readonly layer?: string | undefined }): CyxError {
  const where = layer === undefined ? '' : `: layer "${layer}" is the first that gave a value which is not finite`;
  return new CyxError('TRAINING_DIVERGED', `The loss became ${loss} at step ${step}${where}. ${ADVICE}`, {
    facts: { step: String(step), ...(layer === undefined ? {} : { layer }) },
  });
}

/** A step with a finite loss that left weights or optimizer slots which are not; `layer`: the one where they went first. */
export function spoiltAt({ step, layer }: { readonly step: number; readonly layer: string }): CyxError {
  return new CyxError('TRAINING_DIVERGED', `The gradient or a weight of layer "${layer}" stopped being finite at step ${step}. ${ADVICE}`, {
    facts: { step: String(step), layer },
  });
}
