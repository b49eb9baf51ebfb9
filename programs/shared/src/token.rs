use crate::{
    guard::{self, require},
    ids,
    limits::MINT_DECIMALS,
    pda::NewAccount,
    Fault,
};
use pinocchio::{
    cpi::{invoke, Signer},
    error::ProgramError,
    instruction::{InstructionAccount, InstructionView},
    AccountView, Address, ProgramResult,
};
use pinocchio_token::{
    instructions::{CloseAccount, InitializeAccount3, Transfer},
    state::{Account, Mint},
};

type Check = Result<(), ProgramError>;

/// The mint that a deployment is bound to. One that can freeze accounts could block every payout, so it is refused.
#[inline(always)]
pub fn check_mint(mint: &AccountView) -> Check {
    let state = Mint::from_account_view(mint).map_err(|_| Fault::BadMint)?;
    let good = state.is_initialized() && state.decimals() == MINT_DECIMALS;
    require(good, Fault::BadMint)?;
    require(!state.has_freeze_authority(), Fault::MintCanFreeze)
}

/// `account` is a token account of `mint` that belongs to `owner`.
#[inline(always)]
pub fn check_account(account: &AccountView, owner: &Address, mint: &Address) -> Check {
    let state = Account::from_account_view(account).map_err(|_| Fault::WrongOwner)?;
    require(state.mint() == mint, Fault::WrongMint)?;
    require(state.owner() == owner, Fault::WrongTokenOwner)
}

#[inline(always)]
pub fn balance(account: &AccountView) -> Result<u64, ProgramError> {
    let state = Account::from_account_view(account).map_err(|_| Fault::WrongOwner)?;
    Ok(state.amount())
}

/// Creates a token account at a PDA, owned by another PDA of the same program.
pub struct NewVault<'a> {
    pub payer: &'a AccountView,
    pub vault: &'a mut AccountView,
    pub mint: &'a AccountView,
    pub owner: &'a Address,
}

impl NewVault<'_> {
    #[inline(always)]
    pub fn create(self, signer: Signer) -> ProgramResult {
        NewAccount {
            payer: self.payer,
            account: self.vault,
            space: Account::LEN,
            owner: &ids::TOKEN,
        }
        .create(signer)?;
        InitializeAccount3::new(self.vault, self.mint, self.owner).invoke()
    }
}

#[inline(always)]
pub fn transfer(
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amount: u64,
) -> ProgramResult {
    Transfer::new(from, to, authority, amount).invoke()
}

/// The same with a PDA's signature. Nothing to move is nothing to do.
#[inline(always)]
pub fn transfer_signed(
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amount: u64,
    signer: Signer,
) -> ProgramResult {
    if amount == 0 {
        return Ok(());
    }
    Transfer::new(from, to, authority, amount).invoke_signed(&[signer])
}

/// Closes an empty vault; its rent goes to `destination`.
#[inline(always)]
pub fn close_signed(
    vault: &AccountView,
    destination: &AccountView,
    authority: &AccountView,
    signer: Signer,
) -> ProgramResult {
    CloseAccount::new(vault, destination, authority).invoke_signed(&[signer])
}

/// Where tokens go: the recipient's token account and all that is needed to create it.
pub struct Recipient<'a> {
    pub payer: &'a AccountView,
    pub token: &'a AccountView,
    pub owner: &'a AccountView,
    pub mint: &'a AccountView,
    pub system_program: &'a AccountView,
    pub token_program: &'a AccountView,
    pub associated_token_program: &'a AccountView,
}

impl Recipient<'_> {
    /// Any token account of the recipient will do. One that does not exist is created, and then it is the
    /// associated one: the associated-token program derives the address itself.
    #[inline(always)]
    pub fn ensure(&self) -> ProgramResult {
        if self.token.owned_by(&ids::SYSTEM) {
            self.create()?;
        }
        check_account(self.token, self.owner.address(), self.mint.address())
    }

    #[inline(never)]
    fn create(&self) -> ProgramResult {
        guard::program(self.associated_token_program, &ids::ASSOCIATED_TOKEN)?;
        const CREATE_IDEMPOTENT: u8 = 1;
        let metas = [
            InstructionAccount::writable_signer(self.payer.address()),
            InstructionAccount::writable(self.token.address()),
            InstructionAccount::readonly(self.owner.address()),
            InstructionAccount::readonly(self.mint.address()),
            InstructionAccount::readonly(self.system_program.address()),
            InstructionAccount::readonly(self.token_program.address()),
        ];
        let create = InstructionView {
            program_id: &ids::ASSOCIATED_TOKEN,
            accounts: &metas,
            data: &[CREATE_IDEMPOTENT],
        };
        invoke(
            &create,
            &[
                self.payer,
                self.token,
                self.owner,
                self.mint,
                self.system_program,
                self.token_program,
            ],
        )
    }
}
