use cyxwiz_shared::{
    guard::require,
    ids, pda,
    state::{self, Escrow},
    Fault,
};
use pinocchio::{error::ProgramError, AccountView, Address};

/// Proof that the call comes from job-escrow: the account signed, belongs to job-escrow, is an escrow, and sits at
/// the address that its own fields derive. Only job-escrow can make such an account sign. Returns the requester.
#[inline(always)]
pub fn caller(escrow: &AccountView) -> Result<Address, ProgramError> {
    require(escrow.is_signer(), Fault::NotFromEscrow)?;
    let state =
        state::load::<Escrow>(escrow, &ids::JOB_ESCROW).map_err(|_| Fault::NotFromEscrow)?;
    let seeds = [
        b"escrow".as_slice(),
        state.requester.as_ref(),
        &state.job_id,
    ];
    let expected = pda::derive(&seeds, state.bump, &ids::JOB_ESCROW)?;
    require(escrow.address() == &expected, Fault::NotFromEscrow)?;
    Ok(state.requester)
}
