use cyxwiz_shared::{
    args::Args,
    guard, ids,
    pda::{self, NewAccount},
    state::{self, EscrowConfig, State},
    token, Fault,
};
use pinocchio::{
    cpi::{Seed, Signer},
    AccountView, ProgramResult,
};

/// Binds this deployment to its mint, operator and treasury, once.
///
/// 0. `[signer, writable]` payer of the rent
/// 1. `[signer]` the deployer that is compiled in
/// 2. `[writable]` config, PDA `["config"]`
/// 3. `[]` mint
/// 4. `[]` system program
///
/// Data: authority (32), treasury_owner (32).
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [payer, deployer, config, mint, system_program, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let authority = args.bytes::<32>()?;
    let treasury_owner = args.bytes::<32>()?;
    args.end()?;

    guard::payer(payer)?;
    guard::authority(deployer, &ids::DEPLOYER)?;
    guard::program(system_program, &ids::SYSTEM)?;
    token::check_mint(mint)?;
    let bump = [pda::find(config, &[b"config"], &ids::JOB_ESCROW)?];

    let seeds = [Seed::from(b"config"), Seed::from(&bump)];
    NewAccount {
        payer,
        account: config,
        space: EscrowConfig::LEN,
        owner: &ids::JOB_ESCROW,
    }
    .create(Signer::from(&seeds))?;

    let mut state = state::init::<EscrowConfig>(config, &ids::JOB_ESCROW)?;
    [state.bump] = bump;
    state.authority = (*authority).into();
    state.mint = *mint.address();
    state.treasury_owner = (*treasury_owner).into();
    Ok(())
}
