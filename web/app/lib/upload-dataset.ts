import { CyxError } from '#core/errors/cyx-error';
import { datasetMeta, decodeDataset, encodeDataset } from '#engine/data/dataset';
import { splitDataset } from '#engine/data/split';
import { connectPlatform } from './platform-client.ts';
import { uploadFetch } from './upload-fetch.ts';

/** A browser holds the file, its two parts and their encrypted copies at once; larger ones go by the command line, which streams. */
const MAX_FILE_BYTES = 256 * 1024 ** 2;

/** How far an upload is; `share` from 0 to 1. */
export interface UploadStage {
  readonly word: 'Reading' | 'Encrypting' | 'Sending';
  readonly share: number;
}

interface UploadInput {
  readonly file: File;
  readonly name: string;
  readonly storageUrl: string;
  readonly onStage: (stage: UploadStage) => void;
}

/** Checks a dataset file, sets a fifth aside, encrypts both parts here and stores them. Returns the CID. */
export async function uploadDataset({ file, name, storageUrl, onStage }: UploadInput): Promise<string> {
  if (file.size > MAX_FILE_BYTES) {
    throw new CyxError('PAYLOAD_TOO_LARGE', 'The file is larger than 256 MiB, too much for a browser at once. Store it with “cyxwiz data put” instead.');
  }
  onStage({ word: 'Reading', share: 0 });
  const { training, heldOut } = splitDataset(decodeDataset(new Uint8Array(await file.arrayBuffer())));
  const [train, held] = [encodeDataset(training), encodeDataset(heldOut)];
  const totalBytes = train.length + held.length;
  let doneBytes = 0;
  let lastBytes = 0;
  const onSent = (sentBytes: number): void => {
    // The second part begins at nothing again.
    if (sentBytes < lastBytes) doneBytes += lastBytes;
    lastBytes = sentBytes;
    onStage({ word: 'Sending', share: Math.min(1, (doneBytes + sentBytes) / totalBytes) });
  };
  const client = await connectPlatform({ storageUrl, storageFetch: uploadFetch(onSent) });
  const { cid } = await client.data.put({
    train,
    heldOut: held,
    meta: { name, heldOutSamples: heldOut.samples, ...datasetMeta(training) },
    onProgress: ({ sentBytes }) => onStage({ word: 'Encrypting', share: sentBytes / train.length }),
  });
  return cid;
}
