use crate::{
    checks::{self, with_signer, EscrowSeeds},
    registry,
};
use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    limits::NODE_SHARE_BPS,
    math::{share, sub, to_ms},
    state::{self, Escrow, EscrowConfig, EscrowStatus, Node, Outcome},
    token::{self, Recipient},
    Fault,
};
use pinocchio::{error::ProgramError, AccountView, Address, ProgramResult};

struct Settled {
    seeds: EscrowSeeds,
    vault_bump: u8,
    amount: u64,
    duration_ms: u64,
}

/// Pays for the committed result of the open attempt: 90 % of the amount, rounded down, to the node's owner, all
/// else in the vault to the treasury. Records the success and closes the vault.
///
/// 0. `[signer, writable]` payer, for missing token accounts
/// 1. `[signer]` authority
/// 2. `[writable]` escrow
/// 3. `[writable]` vault
/// 4. `[]` config
/// 5. `[writable]` node, of node-registry
/// 6. `[]` node-registry
/// 7. `[]` owner of the node
/// 8. `[writable]` their token account
/// 9. `[]` owner of the treasury
/// 10. `[writable]` their token account
/// 11. `[writable]` rent payer of the escrow
/// 12. `[]` mint
/// 13. `[]` token program
/// 14. `[]` associated-token program
/// 15. `[]` system program
///
/// Data: attempt u8.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [payer, authority, escrow, vault, config, node, registry_program, owner, owner_token, treasury, treasury_token, rent_payer, mint, token_program, associated_token_program, system_program, ..] =
        accounts
    else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let number = args.u8()?;
    args.end()?;

    guard::payer(payer)?;
    guard::program(registry_program, &ids::NODE_REGISTRY)?;
    guard::program(token_program, &ids::TOKEN)?;
    guard::program(system_program, &ids::SYSTEM)?;
    {
        let config = state::load::<EscrowConfig>(config, &ids::JOB_ESCROW)?;
        guard::authority(authority, &config.authority)?;
        require(&config.mint == mint.address(), Fault::WrongMint)?;
        guard::address(treasury, &config.treasury_owner)?;
    }
    {
        let node = state::load::<Node>(node, &ids::NODE_REGISTRY)?;
        guard::address(owner, &node.owner)?;
    }
    let settled = {
        let mut state = state::load_mut::<Escrow>(escrow, &ids::JOB_ESCROW)?;
        guard::address(rent_payer, &state.rent_payer)?;
        settle(&mut state, number, node.address())?
    };
    checks::vault(vault, escrow, settled.vault_bump)?;

    let to_owner = Recipient {
        payer,
        token: owner_token,
        owner,
        mint,
        system_program,
        token_program,
        associated_token_program,
    };
    let to_treasury = Recipient {
        payer,
        token: treasury_token,
        owner: treasury,
        mint,
        system_program,
        token_program,
        associated_token_program,
    };
    to_owner.ensure()?;
    to_treasury.ensure()?;

    let node_share = share(settled.amount, NODE_SHARE_BPS)?;
    // What somebody donated to the vault goes with the platform's share: left there, it would block the close.
    let rest = sub(token::balance(vault)?, node_share)?;
    with_signer(&settled.seeds, |signer| -> ProgramResult {
        token::transfer_signed(vault, owner_token, escrow, node_share, signer.clone())?;
        token::transfer_signed(vault, treasury_token, escrow, rest, signer.clone())?;
        token::close_signed(vault, rent_payer, escrow, signer.clone())?;
        let data = registry::reputation_data(number, settled.duration_ms);
        registry::call(escrow, node, &data, signer)
    })
}

/// The escrow's side of the payment, before any token moves.
#[inline(always)]
fn settle(state: &mut Escrow, number: u8, node: &Address) -> Result<Settled, ProgramError> {
    checks::locked(state)?;
    let now = clock::now()?.seconds;
    let attempt = checks::open_attempt(state, number)?;
    require(&attempt.node == node, Fault::WrongNode)?;
    let committed_at = attempt.committed_at.get();
    require(committed_at != 0, Fault::NotCommitted)?;
    let duration_ms = to_ms(sub(committed_at, attempt.assigned_at.get())?)?;
    attempt.outcome = Outcome::COMPLETED;
    state.status = EscrowStatus::RELEASED;
    state.verify_deadline.set(0);
    state.settled_at.set(now);
    Ok(Settled {
        seeds: EscrowSeeds::of(state),
        vault_bump: state.vault_bump,
        amount: state.amount.get(),
        duration_ms,
    })
}
