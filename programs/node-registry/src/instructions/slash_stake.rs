use crate::{
    attempts, escrow,
    stake::{stake_vault, with_node_signer},
};
use cyxwiz_shared::{
    args::Args,
    guard::{self, require},
    ids,
    limits::{BAN_AFTER_FAILURES, MIN_STAKE, SLASH_INVALID_BPS, SLASH_TIMEOUT_BPS},
    math::{add, share, sub},
    state::{self, Node, NodeStatus, RegistryConfig},
    tags::{STEP_BAN, STEP_INVALID, STEP_TIMEOUT},
    token, Fault,
};
use pinocchio::{error::ProgramError, AccountView, ProgramResult};

/// Records a failed attempt and takes the published share of the stake, rounded down, for the insurance. Called by
/// job-escrow's `fail_attempt` with the reason `timeout` or `invalid`.
///
/// 0. `[signer]` escrow of job-escrow
/// 1. `[writable]` node
/// 2. `[]` config
/// 3. `[writable]` stake vault
/// 4. `[writable]` token account of the insurance
/// 5. `[]` token program
///
/// Data: attempt u8, step u8 (1 = 10 %, 2 = 25 %, 3 = all and a ban), evidence_hash (32).
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [escrow, node, config, vault, insurance, token_program, ..] = accounts else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let mut args = Args::new(data);
    let attempt = args.u8()?;
    let step = args.u8()?;
    let evidence = args.bytes::<32>()?;
    args.end()?;

    escrow::caller(escrow)?;
    guard::program(token_program, &ids::TOKEN)?;
    {
        let config = state::load::<RegistryConfig>(config, &ids::NODE_REGISTRY)?;
        token::check_account(insurance, &config.insurance_owner, &config.mint)?;
    }
    let (node_id, bump, taken) = {
        let node_address = *node.address();
        let mut state = state::load_mut::<Node>(node, &ids::NODE_REGISTRY)?;
        stake_vault(vault, &node_address, state.vault_bump)?;
        attempts::close(&mut state, escrow.address(), attempt)?;
        let failures = attempts::record_failure(&mut state)?;
        let ban = step == STEP_BAN;
        require(!ban || failures >= BAN_AFTER_FAILURES, Fault::BanTooEarly)?;
        state.last_evidence = *evidence;
        let taken = take(&mut state, step)?;
        (state.node_id, state.bump, taken)
    };
    with_node_signer(&node_id, bump, |signer| {
        token::transfer_signed(vault, insurance, node, taken, signer)
    })
}

/// Moves the step's share from the stake to the slashed total and sets the status that follows. Returns the share.
#[inline(always)]
fn take(node: &mut Node, step: u8) -> Result<u64, ProgramError> {
    let stake = node.stake.get();
    let taken = match step {
        STEP_TIMEOUT => share(stake, SLASH_TIMEOUT_BPS)?,
        STEP_INVALID => share(stake, SLASH_INVALID_BPS)?,
        STEP_BAN => stake,
        _ => return Err(Fault::BadSlashStep.into()),
    };
    let left = sub(stake, taken)?;
    node.stake.set(left);
    node.slashed.set(add(node.slashed.get(), taken)?);
    if step == STEP_BAN {
        node.status = NodeStatus::BANNED;
    } else if node.status == NodeStatus::ACTIVE && left < MIN_STAKE {
        node.status = NodeStatus::SLASHED;
    }
    Ok(taken)
}
