use crate::stake::{stake_vault, with_node_signer};
use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    state::{self, Node, NodeStatus, RegistryConfig},
    token::{self, Recipient},
    Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// After the lock, and with no attempt open, gives everything in the vault to the owner. The node account stays,
/// with its record; a top-up brings it back.
///
/// 0. `[signer, writable]` payer, for a missing token account
/// 1. `[signer]` owner
/// 2. `[writable]` the owner's token account
/// 3. `[writable]` node
/// 4. `[writable]` stake vault
/// 5. `[]` config
/// 6. `[]` mint
/// 7. `[]` token program
/// 8. `[]` associated-token program
/// 9. `[]` system program
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [payer, owner, owner_token, node, vault, config, mint, token_program, associated_token_program, system_program, ..] =
        accounts
    else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    Args::new(data).end()?;
    guard::payer(payer)?;
    guard::program(token_program, &ids::TOKEN)?;
    guard::program(system_program, &ids::SYSTEM)?;
    {
        let config = state::load::<RegistryConfig>(config, &ids::NODE_REGISTRY)?;
        require(&config.mint == mint.address(), Fault::WrongMint)?;
    }
    let (node_id, bump) = {
        let node_address = *node.address();
        let mut state = state::load_mut::<Node>(node, &ids::NODE_REGISTRY)?;
        guard::authority(owner, &state.owner)?;
        stake_vault(vault, &node_address, state.vault_bump)?;
        let unstake_at = state.unstake_at.get();
        require(unstake_at != 0, Fault::NotUnstaking)?;
        require(clock::now()?.seconds >= unstake_at, Fault::StillLocked)?;
        require(state.open_count == 0, Fault::HasOpenAttempts)?;
        require(state.stake.get() > 0, Fault::NothingStaked)?;
        state.stake.set(0);
        state.unstake_at.set(0);
        state.status = NodeStatus::WITHDRAWN;
        (state.node_id, state.bump)
    };
    Recipient {
        payer,
        token: owner_token,
        owner,
        mint,
        system_program,
        token_program,
        associated_token_program,
    }
    .ensure()?;
    let amount = token::balance(vault)?;
    with_node_signer(&node_id, bump, |signer| {
        token::transfer_signed(vault, owner_token, node, amount, signer)
    })
}
