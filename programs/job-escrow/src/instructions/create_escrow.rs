use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    limits::MAX_LOCK_SECONDS,
    math::add,
    pda::{self, NewAccount},
    state::{self, Escrow, EscrowConfig, EscrowStatus, State},
    token::{self, NewVault},
    Fault,
};
use pinocchio::{
    cpi::{Seed, Signer},
    error::ProgramError,
    AccountView, ProgramResult,
};

/// Locks the requester's tokens for one job.
///
/// 0. `[signer, writable]` payer of the rent
/// 1. `[signer]` requester
/// 2. `[writable]` the requester's token account
/// 3. `[writable]` escrow, PDA `["escrow", requester, job_id]`
/// 4. `[writable]` vault, PDA `["vault", escrow]`
/// 5. `[]` config
/// 6. `[]` mint
/// 7. `[]` token program
/// 8. `[]` system program
///
/// Data: job_id (16), amount u64, expires_at i64.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [payer, requester, requester_token, escrow, vault, config, mint, token_program, system_program, ..] =
        accounts
    else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let job_id = args.bytes::<16>()?;
    let amount = args.u64()?;
    let expires_at = args.u64()?;
    args.end()?;

    guard::payer(payer)?;
    guard::signer(requester)?;
    guard::program(token_program, &ids::TOKEN)?;
    guard::program(system_program, &ids::SYSTEM)?;
    require(amount > 0, Fault::AmountIsZero)?;
    check_mint(config, mint)?;
    token::check_account(requester_token, requester.address(), mint.address())?;
    let now = clock::now()?.seconds;
    let latest = add(now, MAX_LOCK_SECONDS)?;
    require(expires_at > now && expires_at <= latest, Fault::BadExpiry)?;

    let escrow_bump = [pda::find(
        escrow,
        &[b"escrow", requester.address().as_ref(), job_id],
        &ids::JOB_ESCROW,
    )?];
    let escrow_seeds = [
        Seed::from(b"escrow"),
        Seed::from(requester.address().as_array()),
        Seed::from(job_id),
        Seed::from(&escrow_bump),
    ];
    NewAccount {
        payer,
        account: escrow,
        space: Escrow::LEN,
        owner: &ids::JOB_ESCROW,
    }
    .create(Signer::from(&escrow_seeds))?;

    let vault_bump = create_vault(payer, escrow, vault, mint)?;
    token::transfer(requester_token, vault, requester, amount)?;

    let mut state = state::init::<Escrow>(escrow, &ids::JOB_ESCROW)?;
    [state.bump] = escrow_bump;
    state.vault_bump = vault_bump;
    state.status = EscrowStatus::LOCKED;
    state.job_id = *job_id;
    state.requester = *requester.address();
    state.rent_payer = *payer.address();
    state.amount.set(amount);
    state.created_at.set(now);
    state.expires_at.set(expires_at);
    Ok(())
}

#[inline(always)]
fn check_mint(config: &AccountView, mint: &AccountView) -> Result<(), ProgramError> {
    let config = state::load::<EscrowConfig>(config, &ids::JOB_ESCROW)?;
    require(&config.mint == mint.address(), Fault::WrongMint)
}

#[inline(always)]
fn create_vault(
    payer: &AccountView,
    escrow: &AccountView,
    vault: &mut AccountView,
    mint: &AccountView,
) -> Result<u8, ProgramError> {
    let owner = escrow.address();
    let bump = pda::find(vault, &[b"vault", owner.as_ref()], &ids::JOB_ESCROW)?;
    let bump_seed = [bump];
    let seeds = [
        Seed::from(b"vault"),
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
