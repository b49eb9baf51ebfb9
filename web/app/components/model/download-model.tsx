import { Download } from 'lucide-react';
import { useState } from 'react';
import { failureText, connectPlatform } from '../../lib/platform-client.ts';
import { Button } from '../ui/button.tsx';

interface DownloadModelProps {
  readonly jobId: string;
  readonly storageUrl: string;
  readonly look?: 'primary' | 'plain';
}

/** Fetches a model, decrypts it in this browser and saves it as a file. */
export function DownloadModel({ jobId, storageUrl, look = 'primary' }: DownloadModelProps) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const download = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const client = await connectPlatform({ storageUrl });
      const { stream } = await client.downloadModel(jobId);
      save(await new Response(stream).blob(), `model-${jobId.slice(0, 8)}.safetensors`);
    } catch (error) {
      setFailure(failureText(error));
    }
    setBusy(false);
  };
  return (
    <>
      <Button type="button" look={look} className="js-only" disabled={busy} onClick={() => void download()}>
        <Download className="size-4" aria-hidden="true" /> {busy ? 'Decrypting…' : 'Download the model'}
      </Button>
      {failure !== null && (
        <p role="alert" className="mt-1.5 text-xs text-failed">
          {failure}
        </p>
      )}
      <noscript>
        <p className="text-xs text-muted">
          Opening it in the browser needs JavaScript; <code className="figure">client.downloadModel(jobId)</code> of the SDK does it too.
        </p>
      </noscript>
    </>
  );
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the file after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
