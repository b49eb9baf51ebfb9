use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    limits::MIN_STAKE,
    pda::{self, NewAccount},
    state::{self, Node, NodeStatus, RegistryConfig, State},
    token::{self, NewVault},
    Fault,
};
use pinocchio::{
    cpi::{Seed, Signer},
    error::ProgramError,
    AccountView, ProgramResult,
};

/// Creates a node and moves its owner's stake into the node's vault.
///
/// 0. `[signer, writable]` payer of the rent
/// 1. `[signer]` owner
/// 2. `[writable]` the owner's token account
/// 3. `[writable]` node, PDA `["node", node_id]`
/// 4. `[writable]` stake vault, PDA `["stake", node]`
/// 5. `[]` config
/// 6. `[]` mint
/// 7. `[]` token program
/// 8. `[]` system program
///
/// Data: node_id (16), stake u64 (at least 100 CYXWIZ), gpu (64, UTF-8, zero-padded).
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [payer, owner, owner_token, node, vault, config, mint, token_program, system_program, ..] =
        accounts
    else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let node_id = args.bytes::<16>()?;
    let stake = args.u64()?;
    let gpu = args.bytes::<64>()?;
    args.end()?;

    guard::payer(payer)?;
    guard::signer(owner)?;
    guard::program(token_program, &ids::TOKEN)?;
    guard::program(system_program, &ids::SYSTEM)?;
    require(stake >= MIN_STAKE, Fault::StakeBelowMinimum)?;
    check_mint(config, mint)?;
    token::check_account(owner_token, owner.address(), mint.address())?;

    let bump = [pda::find(node, &[b"node", node_id], &ids::NODE_REGISTRY)?];
    let seeds = [Seed::from(b"node"), Seed::from(node_id), Seed::from(&bump)];
    NewAccount {
        payer,
        account: node,
        space: Node::LEN,
        owner: &ids::NODE_REGISTRY,
    }
    .create(Signer::from(&seeds))?;
    let vault_bump = create_vault(payer, node, vault, mint)?;
    token::transfer(owner_token, vault, owner, stake)?;

    let now = clock::now()?.seconds;
    let mut state = state::init::<Node>(node, &ids::NODE_REGISTRY)?;
    [state.bump] = bump;
    state.vault_bump = vault_bump;
    state.status = NodeStatus::ACTIVE;
    state.node_id = *node_id;
    state.owner = *owner.address();
    state.stake.set(stake);
    state.registered_at.set(now);
    state.last_seen.set(now);
    state.gpu = *gpu;
    Ok(())
}

#[inline(always)]
fn check_mint(config: &AccountView, mint: &AccountView) -> Result<(), ProgramError> {
    let config = state::load::<RegistryConfig>(config, &ids::NODE_REGISTRY)?;
    require(&config.mint == mint.address(), Fault::WrongMint)
}

#[inline(always)]
fn create_vault(
    payer: &AccountView,
    node: &AccountView,
    vault: &mut AccountView,
    mint: &AccountView,
) -> Result<u8, ProgramError> {
    let owner = node.address();
    let bump = pda::find(vault, &[b"stake", owner.as_ref()], &ids::NODE_REGISTRY)?;
    let bump_seed = [bump];
    let seeds = [
        Seed::from(b"stake"),
        Seed::from(owner.as_array()),
        Seed::from(&bump_seed),
    ];
    NewVault {
        payer,
        vault,
        mint,
        owner,
    }
    .create(Signer::from(&seeds))?;
    Ok(bump)
}
