//! dataset-registry: which encrypted object belongs to whom, how large it is, what key hash opens it and where its
//! shards are.
#![no_std]

mod instructions;

use cyxwiz_shared::{tags::dataset_registry as tag, Fault};
use pinocchio::{AccountView, Address, ProgramResult};

cyxwiz_shared::program!(process, 8);

fn process(_program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let (tag, data) = data.split_first().ok_or(Fault::MalformedData)?;
    match *tag {
        tag::INITIALIZE => instructions::initialize::process(accounts, data),
        tag::RECORD_DATASET => instructions::record_dataset::process(accounts, data),
        tag::UPDATE_SHARDS => instructions::update_shards::process(accounts, data),
        _ => Err(Fault::MalformedData.into()),
    }
}
