use crate::{limits::BPS, Fault};
use pinocchio::error::ProgramError;

/// `floor(amount * bps / 10_000)` for `bps` up to 10,000, exact over the whole of u64 and without the 128-bit
/// product that this target can not compile: amount = q·10,000 + r gives q·bps + floor(r·bps / 10,000).
#[inline(always)]
pub fn share(amount: u64, bps: u64) -> Result<u64, ProgramError> {
    if bps > BPS {
        return Err(Fault::Overflow.into());
    }
    let whole = (amount / BPS).wrapping_mul(bps);
    let rest = (amount % BPS).wrapping_mul(bps) / BPS;
    add(whole, rest)
}

#[inline(always)]
pub fn add(a: u64, b: u64) -> Result<u64, ProgramError> {
    a.checked_add(b).ok_or_else(|| Fault::Overflow.into())
}

#[inline(always)]
pub fn sub(a: u64, b: u64) -> Result<u64, ProgramError> {
    a.checked_sub(b).ok_or_else(|| Fault::Overflow.into())
}

/// Seconds → milliseconds.
#[inline(always)]
pub fn to_ms(seconds: u64) -> Result<u64, ProgramError> {
    if seconds > u64::MAX / 1_000 {
        return Err(Fault::Overflow.into());
    }
    Ok(seconds.wrapping_mul(1_000))
}

/// `floor(part / whole)` in basis points, for `part <= whole`; 0 of 0 is 0.
#[inline(always)]
pub fn ratio_bps(part: u64, whole: u64) -> Result<u16, ProgramError> {
    if whole == 0 {
        return Ok(0);
    }
    if part > whole || part > u64::MAX / BPS {
        return Err(Fault::Overflow.into());
    }
    let bps = part.wrapping_mul(BPS).checked_div(whole).unwrap_or(0);
    u16::try_from(bps).map_err(|_| Fault::Overflow.into())
}
