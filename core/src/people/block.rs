//! Blocking: dropping what somebody sends.
//!
//! What was said stays, and they are not told. Nothing goes to them either: not even an acceptance that had not left yet.

use super::Desk;
use crate::crypto::AccountId;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ReadTx, WriteTx};

/// Drops from now on what `person` sends. An acceptance that has not left yet is taken back.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] for ourselves; those of the ledger.
pub fn block(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId) -> Result<()> {
    set_blocked(tx, desk, person, true)?;
    tx.withdraw_answers(person)
}

/// Takes what `person` sends again, from now on.
///
/// # Errors
/// [`ErrorKind::NotAllowed`] for ourselves; those of the ledger.
pub fn unblock(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId) -> Result<()> {
    set_blocked(tx, desk, person, false)
}

/// Whether what `person` sends is dropped, and nothing is sent to them.
///
/// # Errors
/// Those of the ledger.
pub fn is_blocked(tx: &ReadTx<'_>, person: &AccountId) -> Result<bool> {
    Ok(tx.contact(person)?.is_some_and(|contact| contact.blocked))
}

fn set_blocked(tx: &mut WriteTx<'_>, desk: &Desk, person: &AccountId, blocked: bool) -> Result<()> {
    if *person == desk.me {
        return Err(Error::new(ErrorKind::NotAllowed, "nobody can block themselves"));
    }
    tx.ensure_contact(person, desk.device_now)?;
    tx.set_blocked(person, blocked).map(|_| ())
}
