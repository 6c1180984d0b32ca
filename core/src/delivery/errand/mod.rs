//! Errands: one file for each way out, and what becomes of each.
//!
//! | errand | file | done when | when it fails for good |
//! |---|---|---|---|
//! | something is stored in a swarm | [`store`] | half of the swarm, and two members at least, proved that they keep it | its message says so; a copy, or what shows nothing of its own, is given up |
//! | something is deleted from a swarm | [`delete`] | as many proved that they deleted it | it is given up: the swarm forgets by itself |
//! | lifetimes become shorter in a swarm | [`expire`] | as many proved when they end | it is given up, for the same reason |
//!
//! What fewer members keep goes out again, the same bytes, and its message says how many have it.
//!
//! The states are pure ([`super::outbox`]), the loop is thin ([`super::sender`]). A new way out is a variant of
//! [`What`] and a file here; the compiler asks for both.

pub(super) mod delete;
pub(super) mod expire;
pub(super) mod store;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::store::{Errand, ErrandId, What, WriteTx};
use crate::swarm::Stored;

use super::Hall;
use super::outbox::{Attempt, Next};

/// What came of an errand that was done.
#[derive(Clone, Debug)]
pub(super) enum Done {
    /// Members of the swarm keep it; whether they are enough is for [`Done::attempt`] to say.
    Stored(Stored),
    /// The swarm deleted it.
    Deleted,
    /// The swarm said when each letter ends, at this moment (network).
    Shortened(Vec<expire::End>, Timestamp),
}

impl Done {
    /// What that says about the errand: too few members are no refusal, the others could not be reached.
    pub(super) fn attempt(&self) -> Attempt {
        match self {
            Self::Stored(stored) if !stored.is_enough() => Attempt::PathBroken,
            Self::Stored(_) | Self::Deleted | Self::Shortened(..) => Attempt::Accepted,
        }
    }
}

/// One attempt; `None` when the errand was taken away meanwhile, or nothing is sent any more.
///
/// # Errors
/// What the way or the swarm said; those of the ledger.
pub(super) async fn attempt(hall: &Hall, errand: &Errand) -> Result<Option<Done>> {
    match &errand.what {
        What::Store(parcel) => Ok(store::attempt(hall, errand, parcel).await?.map(Done::Stored)),
        What::Delete(hashes) => {
            delete::attempt(hall, errand, hashes).await?;
            Ok(Some(Done::Deleted))
        }
        What::Expire { hashes, end } => {
            let ends = expire::attempt(hall, errand, hashes, *end).await?;
            Ok(Some(Done::Shortened(ends, hall.desk().network_now)))
        }
    }
}

/// Notes what comes next, in the write that ends the attempt. `refused`: the attempt counts against it. Nothing comes next for
/// what a person took away meanwhile.
///
/// # Errors
/// Those of the ledger.
pub(super) fn settle(
    tx: &mut WriteTx<'_>,
    errand: &Errand,
    next: Next,
    done: Option<&Done>,
    refused: bool,
) -> Result<()> {
    if tx.errand(errand.id)?.is_none() {
        return match done {
            Some(Done::Stored(stored)) => store::done_in_vain(tx, errand, stored),
            Some(Done::Deleted | Done::Shortened(..)) | None => Ok(()),
        };
    }
    match (&errand.what, next, done) {
        (What::Store(parcel), Next::Done, Some(Done::Stored(stored))) => store::done(tx, errand, parcel, stored),
        (What::Delete(hashes), Next::Done, Some(Done::Deleted)) => delete::done(tx, errand, hashes),
        (What::Expire { .. }, Next::Done, Some(Done::Shortened(ends, now))) => expire::done(tx, errand, ends, *now),
        (_, Next::Done, _) => Err(Error::bug("sender has no receipt for what was done")),
        (What::Store(parcel), Next::Retry { at, .. }, done) => {
            let taken = if let Some(Done::Stored(stored)) = done { Some(stored) } else { None };
            store::retries(tx, errand, parcel, at, taken)?;
            tx.postpone_errand(errand.id, at, refused)
        }
        (What::Delete(_) | What::Expire { .. }, Next::Retry { at, .. }, _) => {
            tx.postpone_errand(errand.id, at, refused)
        }
        (What::Store(parcel), Next::Failed(failure), _) => store::failed(tx, errand, parcel, failure),
        (What::Delete(_) | What::Expire { .. }, Next::Failed(_), _) => give_up(tx, errand.id),
    }
}

/// Nobody can ask for it again.
fn give_up(tx: &mut WriteTx<'_>, errand: ErrandId) -> Result<()> {
    tx.finish_errand(errand).map(|_| ())
}
