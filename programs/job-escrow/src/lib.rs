//! job-escrow: locks a requester's tokens for one job and lets them out exactly once, to the node and the platform
//! or back to the requester. It is also the only source of slashes and reputation in node-registry.
#![no_std]

mod checks;
mod instructions;
mod registry;

use cyxwiz_shared::{tags::job_escrow as tag, Fault};
use pinocchio::{AccountView, Address, ProgramResult};

cyxwiz_shared::program!(process, 16);

fn process(_program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let (tag, data) = data.split_first().ok_or(Fault::MalformedData)?;
    match *tag {
        tag::INITIALIZE => instructions::initialize::process(accounts, data),
        tag::CREATE_ESCROW => instructions::create_escrow::process(accounts, data),
        tag::ASSIGN_NODE => instructions::assign_node::process(accounts, data),
        tag::COMMIT_RESULT => instructions::commit_result::process(accounts, data),
        tag::FAIL_ATTEMPT => instructions::fail_attempt::process(accounts, data),
        tag::RELEASE_PAYMENT => instructions::release_payment::process(accounts, data),
        tag::REFUND => instructions::refund::process(accounts, data),
        _ => Err(Fault::MalformedData.into()),
    }
}
