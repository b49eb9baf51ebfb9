import { z } from 'zod';

/** An id that the platform gave: 128 bits as a UUID, of whatever version. */
export const idText = (what: string): z.ZodGUID => z.guid(`must be the id of ${what}, a UUID`);

/** The CID of a CyxCloud object: version 1, dag-pb, SHA-256, in base32 (36 bytes, so its last two bits are 0). */
export const cidText = z.string().regex(/^bafybei[a-h][a-z2-7]{50}[aeimquy4]$/, 'must be a CID v1 such as bafybei…');
