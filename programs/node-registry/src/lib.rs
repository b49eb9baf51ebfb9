//! node-registry: who provides compute, with what stake and what record. Stake and reputation change only through
//! the outcome of an attempt that job-escrow reports, signed by the escrow itself.
#![no_std]

mod attempts;
mod escrow;
mod instructions;
mod stake;

use cyxwiz_shared::{tags::node_registry as tag, Fault};
use pinocchio::{AccountView, Address, ProgramResult};

cyxwiz_shared::program!(process, 16);

fn process(_program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let (tag, data) = data.split_first().ok_or(Fault::MalformedData)?;
    match *tag {
        tag::INITIALIZE => instructions::initialize::process(accounts, data),
        tag::REGISTER_NODE => instructions::register_node::process(accounts, data),
        tag::TOP_UP_STAKE => instructions::top_up_stake::process(accounts, data),
        tag::HEARTBEAT => instructions::heartbeat::process(accounts, data),
        tag::UPDATE_REPUTATION => instructions::update_reputation::process(accounts, data),
        tag::SLASH_STAKE => instructions::slash_stake::process(accounts, data),
        tag::BEGIN_UNSTAKE => instructions::begin_unstake::process(accounts, data),
        tag::CANCEL_UNSTAKE => instructions::cancel_unstake::process(accounts, data),
        tag::WITHDRAW_UNSTAKE => instructions::withdraw_unstake::process(accounts, data),
        tag::OPEN_ATTEMPT => instructions::open_attempt::process(accounts, data),
        tag::RELEASE_ATTEMPT => instructions::release_attempt::process(accounts, data),
        _ => Err(Fault::MalformedData.into()),
    }
}
