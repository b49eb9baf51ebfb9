//! One check a function, so that an instruction's validation reads as a list.

use crate::Fault;
use pinocchio::{error::ProgramError, AccountView, Address};

type Check = Result<(), ProgramError>;

#[inline(always)]
pub fn require(condition: bool, fault: Fault) -> Check {
    if condition {
        Ok(())
    } else {
        Err(fault.into())
    }
}

#[inline(always)]
pub fn signer(account: &AccountView) -> Check {
    require(account.is_signer(), Fault::MissingSigner)
}

#[inline(always)]
pub fn writable(account: &AccountView) -> Check {
    require(account.is_writable(), Fault::NotWritable)
}

/// A signature that also pays.
#[inline(always)]
pub fn payer(account: &AccountView) -> Check {
    signer(account)?;
    writable(account)
}

#[inline(always)]
pub fn address(account: &AccountView, expected: &Address) -> Check {
    require(account.address() == expected, Fault::WrongAddress)
}

#[inline(always)]
pub fn program(account: &AccountView, expected: &Address) -> Check {
    require(account.address() == expected, Fault::WrongProgram)
}

/// The account signed and is the one that the state names.
#[inline(always)]
pub fn authority(account: &AccountView, expected: &Address) -> Check {
    signer(account)?;
    require(account.address() == expected, Fault::WrongAuthority)
}
