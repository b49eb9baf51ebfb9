use crate::{guard::require, ids, Fault};
use pinocchio::{cpi::Signer, error::ProgramError, AccountView, Address, ProgramResult};
use pinocchio_system::create_account_with_minimum_balance_signed;

/// The address for seeds whose canonical bump is known (it was stored by `find` at creation). Hashes only: about
/// 1,300 compute units less than the syscall, which would check again that the address is off the curve.
#[inline(always)]
pub fn derive<const N: usize>(
    seeds: &[&[u8]; N],
    bump: u8,
    program: &Address,
) -> Result<Address, ProgramError> {
    Address::try_derive_address(seeds, Some(bump), program).map_err(|_| Fault::WrongAddress.into())
}

/// The canonical bump for `seeds`; fails unless `account` is at that address.
#[inline(always)]
pub fn find<const N: usize>(
    account: &AccountView,
    seeds: &[&[u8]; N],
    program: &Address,
) -> Result<u8, ProgramError> {
    let (address, bump) =
        Address::derive_program_address(seeds, program).ok_or(Fault::WrongAddress)?;
    require(account.address() == &address, Fault::WrongAddress)?;
    Ok(bump)
}

/// A new account and what it needs to come to life.
pub struct NewAccount<'a> {
    pub payer: &'a AccountView,
    pub account: &'a mut AccountView,
    pub space: usize,
    pub owner: &'a Address,
}

impl NewAccount<'_> {
    /// Creates the account also when somebody sent lamports to its address before: then by transfer, allocate and
    /// assign, since the system program's create would refuse it for ever.
    #[inline(always)]
    pub fn create(self, signer: Signer) -> ProgramResult {
        let fresh = self.account.owned_by(&ids::SYSTEM) && self.account.is_data_empty();
        require(fresh, Fault::AlreadyExists)?;
        create_account_with_minimum_balance_signed(
            self.account,
            self.space,
            self.owner,
            self.payer,
            None,
            &[signer],
        )
    }
}
