use crate::{
    checks::{self, with_signer, EscrowSeeds},
    registry::{self, Slash},
};
use cyxwiz_shared::{
    args::Args,
    clock,
    guard::{self, require},
    ids,
    state::{self, Escrow, EscrowConfig, EscrowStatus, Outcome},
    tags::{STEP_BAN, STEP_INVALID, STEP_TIMEOUT},
    token::Recipient,
    Fault,
};
use pinocchio::{error::ProgramError, AccountView, Address, ProgramResult};

struct Request<'a> {
    number: u8,
    reason: u8,
    ban: bool,
    evidence: &'a [u8; 32],
}

/// Ends the open attempt without pay; the escrow stays as it is.
///
/// 0. `[signer, writable]` payer, for a missing insurance account
/// 1. `[signer]` authority; anybody where the reason is `released` and the escrow settled or abandoned
/// 2. `[writable]` escrow
/// 3. `[]` config
/// 4. `[writable]` node, of node-registry
/// 5. `[]` node-registry
/// 6. `[]` node-registry's config
/// 7. `[writable]` the node's stake vault
/// 8. `[writable]` token account of the insurance
/// 9. `[]` owner of that account
/// 10. `[]` mint
/// 11. `[]` token program
/// 12. `[]` associated-token program
/// 13. `[]` system program
///
/// Data: attempt u8, reason u8 (2 timeout, 3 invalid, 4 released), ban u8, evidence_hash (32).
///
/// timeout: nothing was committed; 10 % of the stake. invalid: a committed result failed; 25 %. ban: the whole
/// stake. released: the attempt ended through no fault of the node; neither stake nor reputation change.
#[inline(never)]
pub fn process(accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [payer, authority, escrow, config, node, registry_program, registry_config, vault, insurance, insurance_owner, mint, token_program, associated_token_program, system_program, ..] =
        accounts
    else {
        return Err(Fault::NotEnoughAccounts.into());
    };
    let request = parse(data)?;
    guard::payer(payer)?;
    guard::signer(authority)?;
    guard::program(registry_program, &ids::NODE_REGISTRY)?;
    guard::program(token_program, &ids::TOKEN)?;
    guard::program(system_program, &ids::SYSTEM)?;
    let platform = {
        let config = state::load::<EscrowConfig>(config, &ids::JOB_ESCROW)?;
        require(&config.mint == mint.address(), Fault::WrongMint)?;
        authority.address() == &config.authority
    };
    let seeds = {
        let mut state = state::load_mut::<Escrow>(escrow, &ids::JOB_ESCROW)?;
        permit(&state, &request, platform)?;
        close(&mut state, &request, node.address())?;
        EscrowSeeds::of(&state)
    };

    if request.reason == Outcome::RELEASED {
        let data = registry::release_data(request.number);
        return with_signer(&seeds, |signer| registry::call(escrow, node, &data, signer));
    }
    Recipient {
        payer,
        token: insurance,
        owner: insurance_owner,
        mint,
        system_program,
        token_program,
        associated_token_program,
    }
    .ensure()?;
    let slash = Slash {
        escrow,
        node,
        config: registry_config,
        vault,
        insurance,
        token_program,
    };
    let step = step(&request);
    with_signer(&seeds, |signer| {
        slash.invoke(request.number, step, request.evidence, signer)
    })
}

#[inline(always)]
fn parse(data: &[u8]) -> Result<Request<'_>, ProgramError> {
    let mut args = Args::new(data);
    let request = Request {
        number: args.u8()?,
        reason: args.u8()?,
        ban: match args.u8()? {
            0 => false,
            1 => true,
            _ => return Err(Fault::MalformedData.into()),
        },
        evidence: args.bytes::<32>()?,
    };
    args.end()?;
    let good = match request.reason {
        Outcome::TIMEOUT | Outcome::INVALID => request.evidence != &[0; 32],
        Outcome::RELEASED => !request.ban,
        _ => false,
    };
    require(good, Fault::BadReason)?;
    Ok(request)
}

/// Only the platform ends the attempt of a locked escrow. A node of a settled or abandoned one may be let go by
/// anybody, so that nobody's stake hangs on the platform's memory.
#[inline(always)]
fn permit(state: &Escrow, request: &Request, platform: bool) -> Result<(), ProgramError> {
    if request.reason != Outcome::RELEASED {
        checks::locked(state)?;
        return require(platform, Fault::WrongAuthority);
    }
    if platform || state.status != EscrowStatus::LOCKED {
        return Ok(());
    }
    let abandoned = checks::abandoned(state, clock::now()?.seconds)?;
    require(abandoned, Fault::WrongAuthority)
}

#[inline(always)]
fn close(state: &mut Escrow, request: &Request, node: &Address) -> Result<(), ProgramError> {
    let attempt = checks::open_attempt(state, request.number)?;
    require(&attempt.node == node, Fault::WrongNode)?;
    let committed = attempt.committed_at.get() != 0;
    match request.reason {
        Outcome::TIMEOUT => require(!committed, Fault::AlreadyCommitted)?,
        Outcome::INVALID => require(committed, Fault::NotCommitted)?,
        _ => {}
    }
    attempt.outcome = request.reason;
    attempt.banned = u8::from(request.ban);
    attempt.evidence_hash = *request.evidence;
    state.verify_deadline.set(0);
    Ok(())
}

#[inline(always)]
fn step(request: &Request) -> u8 {
    if request.ban {
        STEP_BAN
    } else if request.reason == Outcome::TIMEOUT {
        STEP_TIMEOUT
    } else {
        STEP_INVALID
    }
}
