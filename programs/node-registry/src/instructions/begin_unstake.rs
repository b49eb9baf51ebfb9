use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    limits::UNSTAKE_LOCK_SECONDS,
    math::add,
    state::{self, Node},
    Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// Starts the 7-day lock. The node gets no new jobs from now on; its open ones run on, and a slash still counts.
///
/// 0. `[signer]` owner
/// 1. `[writable]` node
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [owner, node, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    Args::new(data).end()?;
    let mut node = state::load_mut::<Node>(node, &ids::NODE_REGISTRY)?;
    guard::authority(owner, &node.owner)?;
    require(node.stake.get() > 0, Fault::NothingStaked)?;
    require(node.unstake_at.get() == 0, Fault::Unstaking)?;
    let unstake_at = add(clock::now()?.seconds, UNSTAKE_LOCK_SECONDS)?;
    node.unstake_at.set(unstake_at);
    Ok(())
}
