use crate::{attempts, escrow};
use cyxwiz_shared::{
    args::Args,
    ids,
    state::{self, Node},
    Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// Records a paid attempt. Called by job-escrow's `release_payment`.
///
/// 0. `[signer]` escrow of job-escrow
/// 1. `[writable]` node
///
/// Data: attempt u8, duration in ms u64.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [escrow, node, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let attempt = args.u8()?;
    let duration_ms = args.u64()?;
    args.end()?;

    escrow::caller(escrow)?;
    let mut node = state::load_mut::<Node>(node, &ids::NODE_REGISTRY)?;
    attempts::close(&mut node, escrow.address(), attempt)?;
    attempts::record_success(&mut node, duration_ms)
}
