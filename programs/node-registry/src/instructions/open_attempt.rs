use crate::{attempts, escrow};
use cyxwiz_shared::{
    args::Args,
    guard::require,
    ids,
    state::{self, Node, NodeStatus},
    Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// Enters an attempt on the node's books. Called by job-escrow's `assign_node`.
///
/// 0. `[signer]` escrow of job-escrow
/// 1. `[writable]` node
///
/// Data: attempt u8, amount u64.
///
/// Refuses a node that is not active, is unstaking, belongs to the requester, or would have more at risk in open
/// escrows than its stake.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [escrow, node, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let attempt = args.u8()?;
    let amount = args.u64()?;
    args.end()?;

    let requester = escrow::caller(escrow)?;
    let mut node = state::load_mut::<Node>(node, &ids::NODE_REGISTRY)?;
    require(node.status == NodeStatus::ACTIVE, Fault::NodeNotActive)?;
    require(node.unstake_at.get() == 0, Fault::Unstaking)?;
    require(node.owner != requester, Fault::SelfAssignment)?;
    attempts::open(&mut node, escrow.address(), attempt, amount)
}
