use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    pda::{self, NewAccount},
    state::{
        self, Dataset, DatasetConfig, State, CID_LEN, RECORDED_BY_OWNER, RECORDED_BY_PLATFORM,
        SHARDS_LEN,
    },
    Fault,
};
use pinocchio::{
    cpi::{Seed, Signer},
    error::ProgramError,
    AccountView, ProgramResult,
};

/// Records a dataset of an owner, once per CID.
///
/// 0. `[signer, writable]` payer of the rent
/// 1. `[signer]` recorder: the owner, or the authority on the owner's behalf; the record says which
/// 2. `[]` owner
/// 3. `[writable]` dataset, PDA `["dataset", owner, digest of the CID]`
/// 4. `[]` config
/// 5. `[]` system program
///
/// Data: cid (36), size u64, encryption_key_hash (32), shard_locations (224).
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [payer, recorder, owner, dataset, config, system_program, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let cid = args.bytes::<CID_LEN>()?;
    let size = args.u64()?;
    let key_hash = args.bytes::<32>()?;
    let shards = args.bytes::<SHARDS_LEN>()?;
    args.end()?;

    guard::payer(payer)?;
    guard::signer(recorder)?;
    guard::program(system_program, &ids::SYSTEM)?;
    let digest = digest(cid)?;
    let recorded_by = recorded_by(recorder, owner, config)?;

    let bump = [pda::find(
        dataset,
        &[b"dataset", owner.address().as_ref(), digest],
        &ids::DATASET_REGISTRY,
    )?];
    let seeds = [
        Seed::from(b"dataset"),
        Seed::from(owner.address().as_array()),
        Seed::from(digest),
        Seed::from(&bump),
    ];
    NewAccount {
        payer,
        account: dataset,
        space: Dataset::LEN,
        owner: &ids::DATASET_REGISTRY,
    }
    .create(Signer::from(&seeds))?;

    let now = clock::now()?.seconds;
    let mut state = state::init::<Dataset>(dataset, &ids::DATASET_REGISTRY)?;
    [state.bump] = bump;
    state.recorded_by = recorded_by;
    state.cid = *cid;
    state.owner = *owner.address();
    state.size.set(size);
    state.recorded_at.set(now);
    state.updated_at.set(now);
    state.encryption_key_hash = *key_hash;
    state.shard_locations = *shards;
    Ok(())
}

/// Version 1, any codec, sha2-256, 32 bytes.
#[inline(always)]
fn digest(cid: &[u8; CID_LEN]) -> Result<&[u8; 32], ProgramError> {
    match cid {
        [1, _, 0x12, 0x20, digest @ ..] => Ok(digest),
        _ => Err(Fault::BadCid.into()),
    }
}

#[inline(always)]
fn recorded_by(
    recorder: &AccountView,
    owner: &AccountView,
    config: &AccountView,
) -> Result<u8, ProgramError> {
    let config = state::load::<DatasetConfig>(config, &ids::DATASET_REGISTRY)?;
    if recorder.address() == owner.address() {
        return Ok(RECORDED_BY_OWNER);
    }
    require(
        recorder.address() == &config.authority,
        Fault::WrongAuthority,
    )?;
    Ok(RECORDED_BY_PLATFORM)
}
