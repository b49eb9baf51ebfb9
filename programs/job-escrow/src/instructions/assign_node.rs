use crate::{
    checks::{self, with_signer, EscrowSeeds},
    registry,
};
use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    limits::{MAX_ATTEMPTS, MAX_LOCK_SECONDS},
    math::add,
    state::{self, Escrow, EscrowConfig, Outcome},
    Fault,
};
use pinocchio::{error::ProgramError, AccountView, ProgramResult};

/// Opens the next attempt on a node and extends the expiry.
///
/// 0. `[signer]` authority
/// 1. `[writable]` escrow
/// 2. `[]` config
/// 3. `[writable]` node, of node-registry
/// 4. `[]` node-registry
///
/// Data: attempt u8 (from 1), expires_at i64, draw_hash (32).
///
/// node-registry refuses a node that is not active, is unstaking, belongs to the requester or would have more at
/// risk than its stake.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [authority, escrow, config, node, registry_program, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let number = args.u8()?;
    let expires_at = args.u64()?;
    let draw_hash = args.bytes::<32>()?;
    args.end()?;

    guard::program(registry_program, &ids::NODE_REGISTRY)?;
    {
        let config = state::load::<EscrowConfig>(config, &ids::JOB_ESCROW)?;
        guard::authority(authority, &config.authority)?;
    }
    let now = clock::now()?.seconds;
    let (seeds, amount) = {
        let mut state = state::load_mut::<Escrow>(escrow, &ids::JOB_ESCROW)?;
        checks::locked(&state)?;
        // Past the expiry the tokens are the requester's to take: no assignment may revoke that.
        require(now < state.expires_at.get(), Fault::Expired)?;
        extend(&mut state, expires_at)?;
        next_attempt(&mut state, number)?;
        let index = usize::from(number).wrapping_sub(1);
        let attempt = state
            .attempts
            .get_mut(index)
            .ok_or(Fault::AttemptsExhausted)?;
        attempt.node = *node.address();
        attempt.draw_hash = *draw_hash;
        attempt.assigned_at.set(now);
        (EscrowSeeds::of(&state), state.amount.get())
    };
    with_signer(&seeds, |signer| {
        registry::call(escrow, node, &registry::open_data(number, amount), signer)
    })
}

#[inline(always)]
fn extend(state: &mut Escrow, expires_at: u64) -> Result<(), ProgramError> {
    let latest = add(state.created_at.get(), MAX_LOCK_SECONDS)?;
    require(expires_at <= latest, Fault::BadExpiry)?;
    if expires_at > state.expires_at.get() {
        state.expires_at.set(expires_at);
    }
    Ok(())
}

/// Counts the attempt, when the one before has its outcome and `number` is the next.
#[inline(always)]
fn next_attempt(state: &mut Escrow, number: u8) -> Result<(), ProgramError> {
    if let Some((_, last)) = state.last_attempt() {
        require(last.outcome != Outcome::OPEN, Fault::AttemptOpen)?;
    }
    let count = state.attempt_count;
    require(usize::from(count) < MAX_ATTEMPTS, Fault::AttemptsExhausted)?;
    let next = count.wrapping_add(1);
    require(number == next, Fault::AttemptOutOfOrder)?;
    state.attempt_count = next;
    Ok(())
}
