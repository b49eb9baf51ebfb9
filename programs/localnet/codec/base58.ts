const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const DIGITS = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 58; digit += 1) DIGITS[ALPHABET.charCodeAt(digit)] = digit;

/** Five base-58 digits to a limb: 58^5 * 256 stays far below 2^53, so plain numbers are exact. */
const LIMB_DIGITS = 5;
const LIMB_BASE = 58 ** LIMB_DIGITS;

/** Bytes as base 58 (the alphabet Bitcoin and Solana share); every leading zero byte is one leading `1`. */
export function encodeBase58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros += 1;
  const limbs: number[] = [];
  for (let at = zeros; at < bytes.length; at += 1) {
    let carry = bytes[at]!;
    for (let limb = 0; limb < limbs.length; limb += 1) {
      carry += limbs[limb]! * 256;
      limbs[limb] = carry % LIMB_BASE;
      carry = Math.floor(carry / LIMB_BASE);
    }
    if (carry > 0) limbs.push(carry);
  }
  let text = '';
  for (let limb = limbs.length - 1; limb >= 0; limb -= 1) text += limbText(limbs[limb]!, limb === limbs.length - 1);
  return '1'.repeat(zeros) + text;
}

/** The bytes of a base-58 text; undefined where a character is not of the alphabet. */
export function decodeBase58(text: string): Uint8Array | undefined {
  let zeros = 0;
  while (zeros < text.length && text[zeros] === '1') zeros += 1;
  const bytes: number[] = [];
  for (let at = zeros; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    let carry = code < 128 ? DIGITS[code]! : -1;
    if (carry < 0) return undefined;
    for (let index = 0; index < bytes.length; index += 1) {
      carry += bytes[index]! * 58;
      bytes[index] = carry & 0xff;
      carry >>= 8;
    }
    while (carry > 0) {
      bytes.push(carry & 0xff);
      carry >>= 8;
    }
  }
  const out = new Uint8Array(zeros + bytes.length);
  for (let index = 0; index < bytes.length; index += 1) out[zeros + index] = bytes[bytes.length - 1 - index]!;
  return out;
}

function limbText(limb: number, isFirst: boolean): string {
  let rest = limb;
  let text = '';
  for (let digit = 0; digit < LIMB_DIGITS; digit += 1) {
    text = ALPHABET[rest % 58]! + text;
    rest = Math.floor(rest / 58);
    if (isFirst && rest === 0) break;
  }
  return text;
}
