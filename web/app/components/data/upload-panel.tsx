import { useNavigate } from '@remix-run/react';
import { Upload } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { percentText } from '../../lib/format.ts';
import { failureText } from '../../lib/platform-client.ts';
import { uploadDataset, type UploadStage } from '../../lib/upload-dataset.ts';
import { Button } from '../ui/button.tsx';
import { Command } from '../ui/command.tsx';
import { Field } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';

const COMMAND = 'cyxwiz data put my-data.safetensors --name "My data"';

/** Takes a dataset file, encrypts it in this browser and stores it. */
export function UploadPanel({ storageUrl, className }: { storageUrl: string; className?: string }) {
  const navigate = useNavigate();
  const [stage, setStage] = useState<UploadStage | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const upload = async (form: FormData): Promise<void> => {
    const file = form.get('file');
    const name = form.get('name');
    if (!(file instanceof File) || file.size === 0) return setFailure('Choose a file first.');
    try {
      const given = typeof name === 'string' ? name.trim() : '';
      const cid = await uploadDataset({ file, name: given === '' ? file.name.replace(/\.[^.]+$/, '') : given, storageUrl, onStage: setStage });
      navigate(`/data/${cid}`);
    } catch (error) {
      setFailure(failureText(error));
    }
    setStage(null);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setFailure(null);
    void upload(new FormData(event.currentTarget));
  };
  return (
    <Panel title="Store a dataset" {...(className === undefined ? {} : { className })}>
      <form onSubmit={submit} className="js-only space-y-4">
        {failure !== null && <Notice kind="problem">{failure}</Notice>}
        <Field
          label="Dataset file"
          name="file"
          type="file"
          accept=".safetensors"
          className="py-2 file:mr-3 file:border-0 file:bg-transparent file:font-medium"
          hint="A safetensors file with the tensors x (samples) and y (labels, or numbers to predict). A fifth is set aside to judge models by."
        />
        <Field label="Name" name="name" maxLength={100} placeholder="As the file" autoComplete="off" />
        <Button look="primary" className="w-full" disabled={stage !== null}>
          <Upload className="size-4" aria-hidden="true" /> {stage === null ? 'Encrypt and store' : `${stage.word}…`}
        </Button>
        <Progress stage={stage} />
      </form>
      <noscript>
        <p>Encrypting in the browser needs JavaScript. Without it, store data from a terminal:</p>
        <p className="figure mt-3 rounded-md border bg-sunken px-3 py-2 text-xs break-all">{COMMAND}</p>
      </noscript>
      <details className="js-only mt-4 text-xs text-muted">
        <summary>Large files, or from a script</summary>
        <div className="mt-2">
          <Command text={COMMAND} />
        </div>
      </details>
    </Panel>
  );
}

/** Its place is kept while there is nothing to show. */
function Progress({ stage }: { stage: UploadStage | null }) {
  return (
    <div className="h-8">
      {stage === null ? (
        <p className="text-xs text-muted">Encrypted in this browser first. Its key goes only to you and to the nodes that train or check your jobs.</p>
      ) : (
        <>
          <div
            role="progressbar"
            aria-label={stage.word}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(stage.share * 100)}
            className="h-1.5 overflow-hidden rounded-full bg-sunken"
          >
            <div className="h-full bg-accent" style={{ width: `${stage.share * 100}%` }} />
          </div>
          <p className="figure mt-1.5 text-xs text-muted">
            {stage.word} {percentText(stage.share, 0)}
          </p>
        </>
      )}
    </div>
  );
}
