use cyxwiz_shared::{
    args::Args,
    clock, guard, ids,
    state::{self, Dataset, DatasetConfig, SHARDS_LEN},
    Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// After a repair: where a dataset's shards are now.
///
/// 0. `[signer]` authority
/// 1. `[writable]` dataset
/// 2. `[]` config
///
/// Data: shard_locations (224).
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [authority, dataset, config, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let shards = args.bytes::<SHARDS_LEN>()?;
    args.end()?;

    let config = state::load::<DatasetConfig>(config, &ids::DATASET_REGISTRY)?;
    guard::authority(authority, &config.authority)?;
    let mut dataset = state::load_mut::<Dataset>(dataset, &ids::DATASET_REGISTRY)?;
    dataset.shard_locations = *shards;
    dataset.updated_at.set(clock::now()?.seconds);
    Ok(())
}
