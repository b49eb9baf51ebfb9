import { Link } from '@remix-run/react';
import { ChevronRight } from 'lucide-react';
import type { DatasetView } from '#api/services/types';
import { countText, shorten, sizeText } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Moment } from '../ui/moment.tsx';

/** Datasets as rows; each row is one link. */
export function DatasetRows({ datasets }: { datasets: readonly Wire<DatasetView>[] }) {
  return (
    <ul className="divide-y">
      {datasets.map((dataset) => (
        <li key={dataset.cid}>
          <Link
            to={`/data/${dataset.cid}`}
            prefetch="intent"
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 px-4 py-3 -outline-offset-2 hover:bg-sunken/60 sm:px-5 md:grid-cols-[minmax(0,1fr)_7rem_7rem_4rem_5.5rem_1rem]"
          >
            <span className="min-w-0">
              <span className="block truncate font-medium">{dataset.name}</span>
              <span className="figure block truncate text-xs text-muted" title={dataset.cid}>
                {shorten(dataset.cid, 8)}
              </span>
            </span>
            <span className="justify-self-end text-xs md:justify-self-start md:text-sm">
              <span className="figure">{countText(dataset.samples)}</span> <span className="text-muted">samples</span>
            </span>
            <span className="figure text-xs text-muted md:text-sm">{shapeText(dataset)}</span>
            <span className="figure justify-self-end text-xs md:text-sm">{sizeText(dataset.sizeBytes)}</span>
            <span className="text-xs text-muted md:justify-self-end">
              <Moment at={dataset.createdAt} />
            </span>
            <ChevronRight className="hidden size-4 text-faint md:block" aria-hidden="true" />
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** `28 × 28 × 1`. */
export function shapeText({ sampleShape }: Pick<Wire<DatasetView>, 'sampleShape'>): string {
  return sampleShape.join(' × ');
}
