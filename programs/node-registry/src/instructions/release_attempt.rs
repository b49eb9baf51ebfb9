use crate::{attempts, escrow};
use cyxwiz_shared::{
    args::Args,
    ids,
    state::{self, Node},
    Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// Takes an attempt off the node's books without any other effect. Called by job-escrow's `fail_attempt` with the
/// reason `released`.
///
/// 0. `[signer]` escrow of job-escrow
/// 1. `[writable]` node
///
/// Data: attempt u8.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [escrow, node, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let attempt = args.u8()?;
    args.end()?;

    escrow::caller(escrow)?;
    let mut node = state::load_mut::<Node>(node, &ids::NODE_REGISTRY)?;
    attempts::close(&mut node, escrow.address(), attempt)
}
