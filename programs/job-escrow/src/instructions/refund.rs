use crate::checks::{self, with_signer, EscrowSeeds};
use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    state::{self, Escrow, EscrowConfig, EscrowStatus},
    token::{self, Recipient},
    Fault,
};
use pinocchio::{error::ProgramError, AccountView, Address, ProgramResult};

/// Gives everything in the vault back to the requester and closes the vault.
///
/// 0. `[signer, writable]` payer, for a missing token account
/// 1. `[signer]` the authority at any time; the requester alone after the expiry and, where a result is committed,
///    after the verify deadline
/// 2. `[writable]` escrow
/// 3. `[writable]` vault
/// 4. `[]` config
/// 5. `[]` requester
/// 6. `[writable]` their token account
/// 7. `[writable]` rent payer of the escrow
/// 8. `[]` mint
/// 9. `[]` token program
/// 10. `[]` associated-token program
/// 11. `[]` system program
///
/// An open attempt is not touched: the refund must not depend on another program. `fail_attempt` with `released`
/// clears it afterwards, from anybody.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [payer, signer, escrow, vault, config, requester, requester_token, rent_payer, mint, token_program, associated_token_program, system_program, ..] =
        accounts
    else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    Args::new(data).end()?;

    guard::payer(payer)?;
    guard::signer(signer)?;
    guard::program(token_program, &ids::TOKEN)?;
    guard::program(system_program, &ids::SYSTEM)?;
    let platform = {
        let config = state::load::<EscrowConfig>(config, &ids::JOB_ESCROW)?;
        require(&config.mint == mint.address(), Fault::WrongMint)?;
        signer.address() == &config.authority
    };
    let (seeds, vault_bump) = {
        let now = clock::now()?.seconds;
        let mut state = state::load_mut::<Escrow>(escrow, &ids::JOB_ESCROW)?;
        checks::locked(&state)?;
        guard::address(requester, &state.requester)?;
        guard::address(rent_payer, &state.rent_payer)?;
        if !platform {
            permit(&state, signer.address(), now)?;
        }
        state.status = EscrowStatus::REFUNDED;
        state.verify_deadline.set(0);
        state.settled_at.set(now);
        (EscrowSeeds::of(&state), state.vault_bump)
    };
    checks::vault(vault, escrow, vault_bump)?;

    Recipient {
        payer,
        token: requester_token,
        owner: requester,
        mint,
        system_program,
        token_program,
        associated_token_program,
    }
    .ensure()?;
    let amount = token::balance(vault)?;
    with_signer(&seeds, |signer| -> ProgramResult {
        token::transfer_signed(vault, requester_token, escrow, amount, signer.clone())?;
        token::close_signed(vault, rent_payer, escrow, signer)
    })
}

#[inline(always)]
fn permit(state: &Escrow, signer: &Address, now: u64) -> Result<(), ProgramError> {
    require(signer == &state.requester, Fault::WrongAuthority)?;
    require(now >= state.expires_at.get(), Fault::NotExpired)?;
    require(now >= state.verify_deadline.get(), Fault::VerdictPending)
}
