//! A node's books: which attempts it has open, and what each outcome does to its record. An attempt leaves the books
//! exactly once, so no outcome can count twice.

use cyxwiz_shared::{
    guard::require,
    math::{add, ratio_bps, sub},
    state::Node,
    Fault,
};
use pinocchio::{error::ProgramError, Address};

/// Enters an attempt.
#[inline(always)]
pub fn open(
    node: &mut Node,
    escrow: &Address,
    attempt: u8,
    amount: u64,
) -> Result<(), ProgramError> {
    require(attempt != 0, Fault::MalformedData)?;
    let slot = node
        .open
        .iter_mut()
        .find(|slot| slot.attempt == 0)
        .ok_or(Fault::TooManyOpen)?;
    slot.escrow = *escrow;
    slot.amount.set(amount);
    slot.attempt = attempt;
    let exposure = add(node.exposure.get(), amount)?;
    require(exposure <= node.stake.get(), Fault::ExposureAboveStake)?;
    node.exposure.set(exposure);
    node.open_count = node.open_count.wrapping_add(1);
    Ok(())
}

/// Takes an attempt off the books; fails when it is not there.
#[inline(always)]
pub fn close(node: &mut Node, escrow: &Address, attempt: u8) -> Result<(), ProgramError> {
    let slot = node
        .open
        .iter_mut()
        .find(|slot| slot.attempt != 0 && slot.attempt == attempt && &slot.escrow == escrow)
        .ok_or(Fault::AttemptNotOpen)?;
    let amount = slot.amount.get();
    slot.escrow = Address::new_from_array([0; 32]);
    slot.amount.set(0);
    slot.attempt = 0;
    node.exposure.set(sub(node.exposure.get(), amount)?);
    node.open_count = node.open_count.saturating_sub(1);
    Ok(())
}

/// Counts a paid attempt.
#[inline(always)]
pub fn record_success(node: &mut Node, duration_ms: u64) -> Result<(), ProgramError> {
    let successful = add(node.successful.get(), 1)?;
    let total_time_ms = add(node.total_time_ms.get(), duration_ms)?;
    node.successful.set(successful);
    node.total_time_ms.set(total_time_ms);
    node.avg_time_ms
        .set(total_time_ms.checked_div(successful).unwrap_or(0));
    node.failures_in_a_row.set(0);
    count(node)
}

/// Counts a failed attempt. Returns the failures in a row, this one included.
#[inline(always)]
pub fn record_failure(node: &mut Node) -> Result<u16, ProgramError> {
    let failures = node.failures_in_a_row.get().saturating_add(1);
    node.failures_in_a_row.set(failures);
    count(node)?;
    Ok(failures)
}

#[inline(always)]
fn count(node: &mut Node) -> Result<(), ProgramError> {
    let total = add(node.total_jobs.get(), 1)?;
    node.total_jobs.set(total);
    node.success_rate_bps
        .set(ratio_bps(node.successful.get(), total)?);
    Ok(())
}
