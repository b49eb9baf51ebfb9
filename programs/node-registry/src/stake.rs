//! A node's stake vault.

use cyxwiz_shared::{guard, ids, pda};
use pinocchio::{
    cpi::{Seed, Signer},
    error::ProgramError,
    AccountView, Address,
};

/// `vault` is the one stake vault of this node.
#[inline(always)]
pub fn stake_vault(vault: &AccountView, node: &Address, bump: u8) -> Result<(), ProgramError> {
    let seeds = [b"stake".as_slice(), node.as_ref()];
    let expected = pda::derive(&seeds, bump, &ids::NODE_REGISTRY)?;
    guard::address(vault, &expected)
}

/// Runs `body` with the node's signature, which is the vault's authority.
#[inline(always)]
pub fn with_node_signer<T>(node_id: &[u8; 16], bump: u8, body: impl FnOnce(Signer) -> T) -> T {
    let bump = [bump];
    let seeds = [Seed::from(b"node"), Seed::from(node_id), Seed::from(&bump)];
    body(Signer::from(&seeds))
}
