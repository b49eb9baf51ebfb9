import { useEffect, useRef, useState } from 'react';
import { decodeDataset } from '#engine/data/dataset';
import { previewSamples, shortNumber, type PreviewSample } from '../../lib/dataset-preview.ts';
import { failureText, connectPlatform } from '../../lib/platform-client.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';

const SHOWN_SAMPLES = 16;
/** The whole object is fetched, because only a whole one can be checked against its CID. */
const MAX_PREVIEW_BYTES = 64 * 1024 ** 2;

interface PreviewPanelProps {
  readonly cid: string;
  readonly sizeBytes: number;
  readonly storageUrl: string;
}

/** A few samples, fetched and decrypted in this browser when they are asked for. */
export function PreviewPanel({ cid, sizeBytes, storageUrl }: PreviewPanelProps) {
  const [samples, setSamples] = useState<readonly PreviewSample[] | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const show = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const client = await connectPlatform({ storageUrl });
      const bytes = await new Response(await client.data.get(cid)).arrayBuffer();
      setSamples(previewSamples(decodeDataset(new Uint8Array(bytes)), SHOWN_SAMPLES));
    } catch (error) {
      setFailure(failureText(error));
    }
    setBusy(false);
  };
  return (
    <Panel title="Samples">
      <div className="min-h-64">
        {failure !== null && (
          <Notice kind="problem" className="mb-4">
            {failure}
          </Notice>
        )}
        {samples !== null ? (
          <Samples samples={samples} />
        ) : sizeBytes > MAX_PREVIEW_BYTES ? (
          <p className="text-muted">This dataset is larger than 64 MiB, too much to look into from a browser.</p>
        ) : (
          <>
            <p className="max-w-md text-muted">The data is stored encrypted. It can be fetched and opened here, in this browser, to look at a few samples.</p>
            <Button type="button" className="js-only mt-4" disabled={busy} onClick={() => void show()}>
              {busy ? 'Decrypting…' : 'Show some samples'}
            </Button>
            <noscript>
              <p className="mt-4">Decrypting in the browser needs JavaScript.</p>
            </noscript>
          </>
        )}
      </div>
    </Panel>
  );
}

function Samples({ samples }: { samples: readonly PreviewSample[] }) {
  if (samples.every(({ picture }) => picture !== null)) {
    return (
      <ul className="grid grid-cols-4 gap-3 sm:grid-cols-8">
        {samples.map((sample, index) => (
          <li key={index}>
            <Picture sample={sample} number={index + 1} />
            <p className="figure mt-1 text-center text-xs text-muted">{sample.label}</p>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div tabIndex={0} role="region" aria-label="Samples as values" className="overflow-x-auto">
      <table className="figure w-full text-xs">
        <thead>
          <tr className="text-left text-muted">
            <th className="py-1.5 pr-4 font-medium">Target</th>
            <th className="py-1.5 font-medium">First values</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {samples.map(({ label, values }, index) => (
            <tr key={index}>
              <td className="py-1.5 pr-4">{label}</td>
              <td className="py-1.5 whitespace-nowrap">{values.map(shortNumber).join('  ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Picture({ sample: { picture, label }, number }: { sample: PreviewSample; number: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (picture === null) return;
    canvas.current?.getContext('2d')?.putImageData(new ImageData(picture.rgba, picture.width, picture.height), 0, 0);
  }, [picture]);
  return (
    <canvas
      ref={canvas}
      width={picture?.width}
      height={picture?.height}
      role="img"
      aria-label={`Sample ${number}, labelled ${label}`}
      className="aspect-square w-full rounded-md border object-contain"
      style={{ imageRendering: 'pixelated' }}
    />
  );
}
