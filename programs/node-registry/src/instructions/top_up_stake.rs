use crate::stake::stake_vault;
use cyxwiz_shared::{
    args::Args,
    guard::{self, require},
    ids,
    limits::MIN_STAKE,
    math::add,
    state::{self, Node, NodeStatus},
    token, Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// Adds to a node's stake. From 100 CYXWIZ up a slashed or withdrawn node is active again; a ban is final.
///
/// 0. `[signer]` owner
/// 1. `[writable]` the owner's token account
/// 2. `[writable]` node
/// 3. `[writable]` stake vault
/// 4. `[]` token program
///
/// Data: amount u64.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [owner, owner_token, node, vault, token_program, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let amount = args.u64()?;
    args.end()?;

    guard::program(token_program, &ids::TOKEN)?;
    require(amount > 0, Fault::AmountIsZero)?;
    {
        let node_address = *node.address();
        let mut state = state::load_mut::<Node>(node, &ids::NODE_REGISTRY)?;
        guard::authority(owner, &state.owner)?;
        require(state.status != NodeStatus::BANNED, Fault::NodeBanned)?;
        stake_vault(vault, &node_address, state.vault_bump)?;
        let stake = add(state.stake.get(), amount)?;
        state.stake.set(stake);
        if stake >= MIN_STAKE {
            state.status = NodeStatus::ACTIVE;
        }
    }
    token::transfer(owner_token, vault, owner, amount)
}
