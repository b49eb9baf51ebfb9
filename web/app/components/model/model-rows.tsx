import { Link } from '@remix-run/react';
import { ChevronRight } from 'lucide-react';
import type { ModelView } from '#api/services/types';
import { percentText } from '../../lib/format.ts';
import { modelName } from '../../lib/model-name.ts';
import type { Wire } from '../../lib/wire.ts';
import { Moment } from '../ui/moment.tsx';

/** A trained model with the name of the data it learned from. */
export type NamedModel = Wire<ModelView> & { readonly datasetName: string };

/** Models as rows; each row is one link. */
export function ModelRows({ models }: { models: readonly NamedModel[] }) {
  return (
    <ul className="divide-y">
      {models.map((model) => (
        <li key={model.jobId}>
          <Link
            to={`/models/${model.jobId}`}
            prefetch="intent"
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 px-4 py-3 -outline-offset-2 hover:bg-sunken/60 sm:px-5 md:grid-cols-[minmax(0,1fr)_11rem_8rem_6.5rem_1rem]"
          >
            <span className="min-w-0">
              <span className="block truncate font-medium">{modelName(model.specification.graphJson)}</span>
              <span className="block truncate text-xs text-muted">
                <span className="figure">{model.jobId.slice(0, 8)}</span> · from {model.datasetName}
              </span>
            </span>
            <Score name="right" value={model.testAccuracy === null ? null : percentText(model.testAccuracy, 2)} />
            <Score name="loss" value={model.testLoss === null ? null : model.testLoss.toFixed(4)} />
            <span className="justify-self-end text-xs text-muted">
              <Moment at={model.createdAt} />
            </span>
            <ChevronRight className="hidden size-4 text-faint md:block" aria-hidden="true" />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Score({ name, value }: { name: string; value: string | null }) {
  if (value === null) return <span className="text-xs text-muted">no {name} measured</span>;
  return (
    <span className="whitespace-nowrap">
      <span className="figure font-medium">{value}</span> <span className="text-xs text-muted">{name}</span>
    </span>
  );
}
