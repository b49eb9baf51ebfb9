use cyxwiz_shared::{
    args::Args,
    guard, ids,
    pda::{self, NewAccount},
    state::{self, DatasetConfig, State},
    Fault,
};
use pinocchio::{
    cpi::{Seed, Signer},
    AccountView, ProgramResult,
};

/// Names the platform's operator, once.
///
/// 0. `[signer, writable]` payer of the rent
/// 1. `[signer]` the deployer that is compiled in
/// 2. `[writable]` config, PDA `["config"]`
/// 3. `[]` system program
///
/// Data: authority (32).
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [payer, deployer, config, system_program, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let authority = args.bytes::<32>()?;
    args.end()?;

    guard::payer(payer)?;
    guard::authority(deployer, &ids::DEPLOYER)?;
    guard::program(system_program, &ids::SYSTEM)?;
    let bump = [pda::find(config, &[b"config"], &ids::DATASET_REGISTRY)?];

    let seeds = [Seed::from(b"config"), Seed::from(&bump)];
    NewAccount {
        payer,
        account: config,
        space: DatasetConfig::LEN,
        owner: &ids::DATASET_REGISTRY,
    }
    .create(Signer::from(&seeds))?;

    let mut state = state::init::<DatasetConfig>(config, &ids::DATASET_REGISTRY)?;
    [state.bump] = bump;
    state.authority = (*authority).into();
    Ok(())
}
