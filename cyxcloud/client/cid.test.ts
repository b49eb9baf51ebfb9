import { describe, expect, it } from 'vitest';
import { patternBytes } from '../testing/fixtures.ts';
import { CidMeter } from './cid-stream.ts';
import { LEAF_BYTES, MAX_LINKS, parseObjectCid } from './unixfs.ts';

/** Made by ipfs-unixfs-importer 15.4.0: fixed chunks of 256 KiB, no raw leaves, balanced, 174 links. */
const VECTORS: readonly (readonly [number, string])[] = [
  [1, 'bafybeibyqyrkx66boqbutl5oktknecxgnl43cipcls3knonfmi727rdtnu'],
  [80, 'bafybeifosninxmzurvjzqfjiusli3g7rof4zkk75bfglo2mubjuwpzbbu4'],
  [1000, 'bafybeiapkkxcbrmdkcbm4jfuzh6m3iijmdm4qfkgafquassajpmdteupoy'],
  [LEAF_BYTES - 1, 'bafybeigx2jeyv2ghfpn5lwdmx42kdai5ybwrk2uxzkpnq4bgdpz2n7x7we'],
  [LEAF_BYTES, 'bafybeif2i4f23zpphggdk65jkgpfu2blrpqynykyorhhsersju37vl7o2q'],
  [LEAF_BYTES + 1, 'bafybeideloxsdvlradoouybwutz3uqdef3ux5rmvpyprj6zgyr722apkc4'],
  [10 * LEAF_BYTES, 'bafybeihhqplt6hnxjfl25qnee2fjoyzk2wrc3wpxrr6gcr3gtavvyams3u'],
  [10 * LEAF_BYTES + 1, 'bafybeia6lns4rbqt33rnrpw3mgoqavhejei42amysxzyx725ku7mj5plza'],
  [MAX_LINKS * LEAF_BYTES, 'bafybeifhlul7kgffypbhpeqfuhkbs75bopt5dtqdzdki5nxrsf4y3o2u3u'],
  [MAX_LINKS * LEAF_BYTES + 1, 'bafybeiewgvrnr4y2lgqpkag5oidtal6wu6lpvq7nfr2m4o2br3gogbpt34'],
  [2 * MAX_LINKS * LEAF_BYTES + 5, 'bafybeidmsqrktcu4ze7s2tvkoxdtbflbgknk3zej4y7emunsi6h6rlrwdm'],
];

async function meter(bytes: Uint8Array, pieceBytes: number, expected?: string): Promise<string> {
  const cidMeter = new CidMeter(expected);
  let offset = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (offset >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(offset, offset + pieceBytes));
      offset += pieceBytes;
    },
  });
  await source.pipeThrough(cidMeter.stream).pipeTo(new WritableStream());
  return cidMeter.cid;
}

describe('object CID', () => {
  it.each(VECTORS)('of %i bytes is the one other UnixFS tools make', async (sizeBytes, cid) => {
    expect(await meter(patternBytes(sizeBytes), 1024 * 1024)).toBe(cid);
  });

  it('does not depend on how the bytes arrive', async () => {
    const bytes = patternBytes(LEAF_BYTES + 1);
    for (const pieceBytes of [997, LEAF_BYTES, bytes.length]) expect(await meter(bytes, pieceBytes)).toBe(VECTORS[5]![1]);
  });

  it('ends the stream with STORAGE_CORRUPT where the bytes are other ones', async () => {
    await expect(meter(patternBytes(80), 80, VECTORS[0]![1])).rejects.toMatchObject({ code: 'STORAGE_CORRUPT' });
  });

  it('accepts CIDs of our kind only', () => {
    const good = VECTORS[0]![1];
    expect(parseObjectCid(good)).toBe(good);
    const bad = ['', '../../etc/passwd', good.toUpperCase(), `${good}a`, 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'];
    for (const text of bad) expect(() => parseObjectCid(text)).toThrow(/not the CID of a CyxCloud object/);
  });
});
