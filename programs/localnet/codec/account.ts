import type { AccountImage } from '../chain/records.ts';
import { RENT_EPOCH } from '../chain/svm.ts';
import { RpcError } from '../rpc/errors.ts';
import { encodeBase58 } from './base58.ts';
import { zstdStored } from './zstd.ts';
import { parseToken, TOKEN_2022_PROGRAM, uiTokenAmount, type TokenAccount, type TokenMint } from './token.ts';

export type AccountEncoding = 'base58' | 'base64' | 'base64+zstd' | 'jsonParsed';

export interface AccountView {
  readonly encoding?: AccountEncoding | undefined;
  readonly dataSlice?: { readonly offset: number; readonly length: number } | undefined;
}

export type AccountReader = (address: string) => AccountImage | undefined;

/** Largest data a cluster still writes in base 58. */
const MAX_BASE58_BYTES = 128;

/** An account as the RPC answers it. */
export function encodeAccount(image: AccountImage, view: AccountView, read: AccountReader): Record<string, unknown> {
  const { lamports, owner, executable, data } = image;
  return {
    lamports,
    owner,
    executable,
    rentEpoch: RENT_EPOCH,
    space: data.length,
    data: encodeData(image, view, read),
  };
}

function encodeData(image: AccountImage, { encoding, dataSlice }: AccountView, read: AccountReader): unknown {
  const parsed = encoding === 'jsonParsed' ? parsedData(image, read) : undefined;
  if (parsed !== undefined) return parsed;
  const { data } = image;
  const bytes = dataSlice === undefined ? data : data.subarray(dataSlice.offset, dataSlice.offset + dataSlice.length);
  if (encoding === 'base64' || encoding === 'jsonParsed') return [Buffer.from(bytes).toString('base64'), 'base64'];
  if (encoding === 'base64+zstd') return [zstdStored(bytes).toString('base64'), 'base64+zstd'];
  if (bytes.length > MAX_BASE58_BYTES)
    throw new RpcError(
      'invalidRequest',
      `Encoded binary (base 58) data should be less than ${MAX_BASE58_BYTES} bytes, please use Base64 encoding.`,
    );
  // Asking for no encoding at all gives the oldest form: the bare text.
  return encoding === undefined ? encodeBase58(bytes) : [encodeBase58(bytes), 'base58'];
}

function parsedData(image: AccountImage, read: AccountReader): unknown {
  const token = parseToken(image);
  if (token === undefined) return undefined;
  const info = token.kind === 'mint' ? mintInfo(token) : accountInfo(token, read);
  if (info === undefined) return undefined;
  const program = image.owner === TOKEN_2022_PROGRAM ? 'spl-token-2022' : 'spl-token';
  return { program, parsed: { info, type: token.kind }, space: image.data.length };
}

function mintInfo({
  mintAuthority,
  supplyBase,
  decimals,
  isInitialized,
  freezeAuthority,
}: TokenMint): Record<string, unknown> {
  return { mintAuthority, supply: supplyBase.toString(), decimals, isInitialized, freezeAuthority };
}

/** Undefined where the mint is not there: without its decimals the amount means nothing. */
function accountInfo(token: TokenAccount, read: AccountReader): Record<string, unknown> | undefined {
  const mintImage = read(token.mint);
  const mint = mintImage === undefined ? undefined : parseToken(mintImage);
  if (mint?.kind !== 'mint') return undefined;
  const reserve = token.nativeReserveLamports;
  return {
    mint: token.mint,
    owner: token.owner,
    tokenAmount: uiTokenAmount(token.amountBase, mint.decimals),
    state: token.state,
    isNative: reserve !== null,
    ...(reserve === null ? {} : { rentExemptReserve: uiTokenAmount(reserve, mint.decimals) }),
    ...(token.delegate === null
      ? {}
      : { delegate: token.delegate, delegatedAmount: uiTokenAmount(token.delegatedBase, mint.decimals) }),
    ...(token.closeAuthority === null ? {} : { closeAuthority: token.closeAuthority }),
  };
}
