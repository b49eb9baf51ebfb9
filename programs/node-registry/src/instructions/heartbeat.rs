use cyxwiz_shared::{
    args::Args,
    clock, guard, ids,
    state::{self, Node, RegistryConfig},
    Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// Writes the chain's time into `last_seen`.
///
/// 0. `[signer]` authority
/// 1. `[writable]` node
/// 2. `[]` config
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [authority, node, config, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    Args::new(data).end()?;
    let config = state::load::<RegistryConfig>(config, &ids::NODE_REGISTRY)?;
    guard::authority(authority, &config.authority)?;
    let mut node = state::load_mut::<Node>(node, &ids::NODE_REGISTRY)?;
    node.last_seen.set(clock::now()?.seconds);
    Ok(())
}
