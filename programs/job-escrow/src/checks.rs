//! Checks that several instructions share.

use cyxwiz_shared::{
    guard::{self, require},
    ids,
    limits::ABANDONED_AFTER_SECONDS,
    math::add,
    pda,
    state::{Attempt, Escrow, EscrowStatus, Outcome},
    Fault,
};
use pinocchio::{
    cpi::{Seed, Signer},
    error::ProgramError,
    AccountView,
};

/// The seeds that sign for an escrow, copied out so that no borrow of the account is held over a CPI.
pub struct EscrowSeeds {
    requester: [u8; 32],
    job_id: [u8; 16],
    bump: [u8; 1],
}

impl EscrowSeeds {
    #[inline(always)]
    pub fn of(escrow: &Escrow) -> Self {
        Self {
            requester: *escrow.requester.as_array(),
            job_id: escrow.job_id,
            bump: [escrow.bump],
        }
    }

    #[inline(always)]
    pub fn seeds(&self) -> [Seed<'_>; 4] {
        [
            Seed::from(b"escrow"),
            Seed::from(&self.requester),
            Seed::from(&self.job_id),
            Seed::from(&self.bump),
        ]
    }
}

/// Runs `body` with the escrow's signature.
#[inline(always)]
pub fn with_signer<T>(seeds: &EscrowSeeds, body: impl FnOnce(Signer) -> T) -> T {
    let seeds = seeds.seeds();
    body(Signer::from(&seeds))
}

#[inline(always)]
pub fn locked(escrow: &Escrow) -> Result<(), ProgramError> {
    require(escrow.status == EscrowStatus::LOCKED, Fault::NotLocked)
}

/// `vault` is the one vault of this escrow.
#[inline(always)]
pub fn vault(
    vault: &AccountView,
    escrow_account: &AccountView,
    vault_bump: u8,
) -> Result<(), ProgramError> {
    let seeds = [b"vault".as_slice(), escrow_account.address().as_ref()];
    let expected = pda::derive(&seeds, vault_bump, &ids::JOB_ESCROW)?;
    guard::address(vault, &expected)
}

/// The open attempt, which must be number `number`.
#[inline(always)]
pub fn open_attempt(escrow: &mut Escrow, number: u8) -> Result<&mut Attempt, ProgramError> {
    let (last, attempt) = escrow.last_attempt().ok_or(Fault::AttemptOutOfOrder)?;
    require(last == number, Fault::AttemptOutOfOrder)?;
    require(attempt.outcome == Outcome::OPEN, Fault::AttemptClosed)?;
    Ok(attempt)
}

/// When the platform has had its time: nobody's stake stays bound to an attempt that it forgot.
#[inline(always)]
pub fn abandoned(escrow: &Escrow, now: u64) -> Result<bool, ProgramError> {
    let last = escrow.expires_at.get().max(escrow.verify_deadline.get());
    Ok(now >= add(last, ABANDONED_AFTER_SECONDS)?)
}
