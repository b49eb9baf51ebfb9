import type { JobSpecification } from '#api/services/types';
import type { Wire } from '../../lib/wire.ts';
import { Fact } from '../ui/facts.tsx';

/** How it was trained, as two facts of a list. */
export function TrainingFacts({ hyperParameters: hyper }: Pick<Wire<JobSpecification>, 'hyperParameters'>) {
  return (
    <>
      <Fact name="Epochs × batch">
        <span className="figure">
          {hyper.epochs} × {hyper.batchSize}
        </span>
      </Fact>
      <Fact name="Optimiser">
        {hyper.optimizer}, rate <span className="figure">{hyper.learningRate}</span>, seed <span className="figure">{hyper.seed}</span>
      </Fact>
    </>
  );
}
