use super::{Le64, State};
use crate::limits::MAX_ATTEMPTS;
use core::mem::{offset_of, size_of};
use pinocchio::Address;

/// job-escrow's config, PDA `["config"]`, 104 bytes.
///
/// | offset | field |
/// | --- | --- |
/// | 0 | kind 0x11, version, bump, 5 unused |
/// | 8 | authority: the platform's operator key |
/// | 40 | mint: CYXWIZ |
/// | 72 | treasury_owner: whose token account gets the platform's share |
#[repr(C)]
pub struct EscrowConfig {
    pub kind: u8,
    pub version: u8,
    pub bump: u8,
    pub unused: [u8; 5],
    pub authority: Address,
    pub mint: Address,
    pub treasury_owner: Address,
}

// SAFETY: repr(C), only byte arrays.
unsafe impl State for EscrowConfig {
    const KIND: u8 = 0x11;
}

/// A job's escrow, PDA `["escrow", requester, job_id]`, 768 bytes. It is never closed: a settled escrow stays as a
/// tombstone, so a job id can not be paid twice.
///
/// | offset | field |
/// | --- | --- |
/// | 0 | kind 0x12, version, bump, vault_bump |
/// | 4 | status: 1 locked, 2 released, 3 refunded |
/// | 5 | attempt_count, 2 unused |
/// | 8 | job_id, 16 bytes of its UUID |
/// | 24 | requester |
/// | 56 | rent_payer: gets the vault's rent back |
/// | 88 | amount in base units |
/// | 96 | created_at |
/// | 104 | expires_at |
/// | 112 | verify_deadline: 0 unless a committed result waits for its verdict |
/// | 120 | settled_at: 0 while locked |
/// | 128 | four attempts of 160 bytes |
#[repr(C)]
pub struct Escrow {
    pub kind: u8,
    pub version: u8,
    pub bump: u8,
    pub vault_bump: u8,
    pub status: u8,
    pub attempt_count: u8,
    pub unused: [u8; 2],
    pub job_id: [u8; 16],
    pub requester: Address,
    pub rent_payer: Address,
    pub amount: Le64,
    pub created_at: Le64,
    pub expires_at: Le64,
    pub verify_deadline: Le64,
    pub settled_at: Le64,
    pub attempts: [Attempt; MAX_ATTEMPTS],
}

/// One attempt, 160 bytes.
///
/// | offset | field |
/// | --- | --- |
/// | 0 | node: its account in node-registry |
/// | 32 | root of the checkpoint chain; 0 before the commit |
/// | 64 | draw_hash: SHA-256 of the secret for the verification draw |
/// | 96 | evidence_hash: SHA-256 of the evidence of a failure |
/// | 128 | assigned_at |
/// | 136 | committed_at |
/// | 144 | commit_slot |
/// | 152 | outcome: 0 open, 1 completed, 2 timeout, 3 invalid, 4 released |
/// | 153 | banned: 1 when the whole stake was taken, 6 unused |
#[repr(C)]
pub struct Attempt {
    pub node: Address,
    pub root: [u8; 32],
    pub draw_hash: [u8; 32],
    pub evidence_hash: [u8; 32],
    pub assigned_at: Le64,
    pub committed_at: Le64,
    pub commit_slot: Le64,
    pub outcome: u8,
    pub banned: u8,
    pub unused: [u8; 6],
}

// SAFETY: repr(C), only byte arrays and arrays of such structs.
unsafe impl State for Escrow {
    const KIND: u8 = 0x12;
}

const _: () = {
    assert!(size_of::<EscrowConfig>() == 104);
    assert!(size_of::<Attempt>() == 160);
    assert!(offset_of!(Escrow, amount) == 88);
    assert!(offset_of!(Escrow, attempts) == 128);
    assert!(size_of::<Escrow>() == 768);
};

/// Values of [`Escrow::status`].
pub struct EscrowStatus;
impl EscrowStatus {
    pub const LOCKED: u8 = 1;
    pub const RELEASED: u8 = 2;
    pub const REFUNDED: u8 = 3;
}

/// Values of [`Attempt::outcome`]; set once.
pub struct Outcome;
impl Outcome {
    pub const OPEN: u8 = 0;
    pub const COMPLETED: u8 = 1;
    pub const TIMEOUT: u8 = 2;
    pub const INVALID: u8 = 3;
    pub const RELEASED: u8 = 4;
}

impl Escrow {
    /// The attempt that was assigned last, with its number from 1; `None` before the first.
    #[inline(always)]
    pub fn last_attempt(&mut self) -> Option<(u8, &mut Attempt)> {
        let number = self.attempt_count;
        let index = usize::from(number).checked_sub(1)?;
        Some((number, self.attempts.get_mut(index)?))
    }
}
