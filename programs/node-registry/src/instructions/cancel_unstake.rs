use cyxwiz_shared::{
    args::Args,
    guard::{self, require},
    ids,
    state::{self, Node},
    Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// Takes `begin_unstake` back; a later one starts its 7 days anew.
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
    require(node.unstake_at.get() != 0, Fault::NotUnstaking)?;
    node.unstake_at.set(0);
    Ok(())
}
