use crate::checks;
use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    limits::MAX_VERIFY_SECONDS,
    math::add,
    state::{self, Escrow, EscrowConfig},
    Fault,
};
use pinocchio::{AccountView, ProgramResult};

/// Records the root of the open attempt's checkpoint chain, once. Until the verify deadline the requester can not
/// refund alone, so a finished node is not cheated out of its verdict.
///
/// 0. `[signer]` authority
/// 1. `[writable]` escrow
/// 2. `[]` config
///
/// Data: attempt u8, root (32), verify_deadline i64.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [authority, escrow, config, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let number = args.u8()?;
    let root = args.bytes::<32>()?;
    let verify_deadline = args.u64()?;
    args.end()?;

    let config = state::load::<EscrowConfig>(config, &ids::JOB_ESCROW)?;
    guard::authority(authority, &config.authority)?;
    require(root != &[0; 32], Fault::RootIsZero)?;

    let now = clock::now()?;
    let latest = add(now.seconds, MAX_VERIFY_SECONDS)?;
    let in_range = verify_deadline > now.seconds && verify_deadline <= latest;
    require(in_range, Fault::BadVerifyDeadline)?;

    let mut state = state::load_mut::<Escrow>(escrow, &ids::JOB_ESCROW)?;
    checks::locked(&state)?;
    require(now.seconds < state.expires_at.get(), Fault::Expired)?;
    let attempt = checks::open_attempt(&mut state, number)?;
    require(attempt.committed_at.get() == 0, Fault::AlreadyCommitted)?;
    attempt.root = *root;
    attempt.committed_at.set(now.seconds);
    attempt.commit_slot.set(now.slot);
    state.verify_deadline.set(verify_deadline);
    Ok(())
}
