//! Calls into node-registry. The escrow's PDA signs each, which is what node-registry checks.

use cyxwiz_shared::{ids, tags::node_registry as tag};
use pinocchio::{
    cpi::{invoke_signed, Signer},
    instruction::{InstructionAccount, InstructionView},
    AccountView, ProgramResult,
};

/// Tells the registry about an attempt of `escrow` on `node`; `data` starts with the registry's tag.
#[inline(always)]
pub fn call(
    escrow: &AccountView,
    node: &AccountView,
    data: &[u8],
    signer: Signer,
) -> ProgramResult {
    let metas = [
        InstructionAccount::readonly_signer(escrow.address()),
        InstructionAccount::writable(node.address()),
    ];
    let call = InstructionView {
        program_id: &ids::NODE_REGISTRY,
        accounts: &metas,
        data,
    };
    invoke_signed(&call, &[escrow, node], &[signer])
}

/// `open_attempt`: tag, attempt, amount.
#[inline(always)]
pub fn open_data(attempt: u8, amount: u64) -> [u8; 10] {
    with_number(tag::OPEN_ATTEMPT, attempt, amount)
}

/// `update_reputation`: tag, attempt, duration in ms.
#[inline(always)]
pub fn reputation_data(attempt: u8, duration_ms: u64) -> [u8; 10] {
    with_number(tag::UPDATE_REPUTATION, attempt, duration_ms)
}

/// `release_attempt`: tag, attempt.
#[inline(always)]
pub fn release_data(attempt: u8) -> [u8; 2] {
    [tag::RELEASE_ATTEMPT, attempt]
}

#[inline(always)]
fn with_number(tag: u8, attempt: u8, number: u64) -> [u8; 10] {
    let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
    [tag, attempt, a, b, c, d, e, f, g, h]
}

/// Accounts of `slash_stake`.
pub struct Slash<'a> {
    pub escrow: &'a AccountView,
    pub node: &'a AccountView,
    pub config: &'a AccountView,
    pub vault: &'a AccountView,
    pub insurance: &'a AccountView,
    pub token_program: &'a AccountView,
}

impl Slash<'_> {
    #[inline(always)]
    pub fn invoke(
        &self,
        attempt: u8,
        step: u8,
        evidence: &[u8; 32],
        signer: Signer,
    ) -> ProgramResult {
        let mut data = [0u8; 35];
        let (head, tail) = data.split_at_mut(3);
        head.copy_from_slice(&[tag::SLASH_STAKE, attempt, step]);
        tail.copy_from_slice(evidence);
        let metas = [
            InstructionAccount::readonly_signer(self.escrow.address()),
            InstructionAccount::writable(self.node.address()),
            InstructionAccount::readonly(self.config.address()),
            InstructionAccount::writable(self.vault.address()),
            InstructionAccount::writable(self.insurance.address()),
            InstructionAccount::readonly(self.token_program.address()),
        ];
        let call = InstructionView {
            program_id: &ids::NODE_REGISTRY,
            accounts: &metas,
            data: &data,
        };
        invoke_signed(
            &call,
            &[
                self.escrow,
                self.node,
                self.config,
                self.vault,
                self.insurance,
                self.token_program,
            ],
            &[signer],
        )
    }
}
