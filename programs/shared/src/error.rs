use pinocchio::error::ProgramError;

/// Every custom error of the three programs, in one numbering so that a code from inside a CPI still names its
/// origin. `clients/ts/errors.ts` carries the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Fault {
    MalformedData = 100,
    NotEnoughAccounts = 101,
    MissingSigner = 102,
    NotWritable = 103,
    WrongOwner = 104,
    WrongKind = 105,
    WrongAddress = 106,
    WrongProgram = 107,
    AlreadyExists = 108,
    WrongAuthority = 109,
    WrongMint = 110,
    WrongTokenOwner = 111,
    MintCanFreeze = 112,
    BadMint = 113,
    Overflow = 114,
    AmountIsZero = 115,

    NotLocked = 1000,
    BadExpiry = 1001,
    AttemptOutOfOrder = 1002,
    AttemptOpen = 1003,
    AttemptsExhausted = 1004,
    AttemptClosed = 1005,
    AlreadyCommitted = 1006,
    NotCommitted = 1007,
    Expired = 1008,
    NotExpired = 1009,
    VerdictPending = 1010,
    BadVerifyDeadline = 1011,
    BadReason = 1012,
    SelfAssignment = 1013,
    WrongNode = 1014,
    RootIsZero = 1015,

    StakeBelowMinimum = 2000,
    NodeNotActive = 2001,
    Unstaking = 2002,
    ExposureAboveStake = 2003,
    TooManyOpen = 2004,
    AttemptNotOpen = 2005,
    NotFromEscrow = 2006,
    BanTooEarly = 2007,
    NodeBanned = 2008,
    NotUnstaking = 2009,
    StillLocked = 2010,
    HasOpenAttempts = 2011,
    NothingStaked = 2012,
    BadSlashStep = 2013,

    BadCid = 3000,
}

impl From<Fault> for ProgramError {
    #[inline(always)]
    fn from(fault: Fault) -> Self {
        ProgramError::Custom(fault as u32)
    }
}
