use crate::Fault;
use pinocchio::{
    error::ProgramError,
    sysvars::{clock::Clock, Sysvar},
};

/// The cluster's time, read by syscall: no instruction takes a sysvar account, so none can be forged.
pub struct Now {
    /// Unix seconds.
    pub seconds: u64,
    pub slot: u64,
}

#[inline(always)]
pub fn now() -> Result<Now, ProgramError> {
    let clock = Clock::get()?;
    let seconds = u64::try_from(clock.unix_timestamp).map_err(|_| Fault::Overflow)?;
    Ok(Now {
        seconds,
        slot: clock.slot,
    })
}
