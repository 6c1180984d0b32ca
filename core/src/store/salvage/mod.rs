//! Reading what can be read of a damaged ledger into a fresh one. The damaged files are only ever read.
//!
//! 1. [`source`] copies database and log beside the fresh ledger, puts the salt in its place when it is gone from the file,
//!    and lays a new first page over one that does not open: what it says stands in the [`Imprint`].
//! 2. [`rows`] reads every table by ranges of its keys around the pages that do not open, with another connection after each
//!    failure: SQLCipher keeps its error. Where the pages that lead to rows do not open, [`pages`] reads page by page.
//! 3. [`fresh`] writes the rows into a ledger of the same version, which then walks to the newest one.
//! 4. [`mend`] gives rows whose other half is lost a fitting one, and makes what is counted right again.
//!
//! A fresh ledger counts once its account says so (`accounts`): whoever stops in between leaves nothing but files to remove.

mod fresh;
mod mend;
mod pages;
mod rows;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use super::{DatabaseKey, Imprint};
use crate::error::{Error, ErrorKind, Result};
use crate::kill;
use rows::{Reading, Table};
use source::Source;

/// What is read, and where it is written.
pub struct Rescue<'a> {
    /// The damaged database; its log lies beside it.
    pub from: &'a Path,
    /// Its key.
    pub key: &'a DatabaseKey,
    /// What was kept beside that key.
    pub imprint: Option<&'a Imprint>,
    /// The fresh database, which is not there yet. Copies lie beside it meanwhile.
    pub to: &'a Path,
    /// The key of the fresh one.
    pub new_key: &'a DatabaseKey,
}

/// How many of one thing were read, and how many were not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// They are in the fresh ledger.
    pub read: u64,
    /// They are lost.
    pub lost: u64,
    /// Nobody knows how many are lost: at most so many as [`Self::lost`] says, or nothing of them could be counted.
    pub estimated: bool,
}

/// What a rescue brought, or has brought so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Salvaged {
    /// Messages.
    pub letters: Counted,
    /// People.
    pub people: Counted,
    /// Conversations.
    pub conversations: Counted,
    /// What waited to be sent or done in the network.
    pub waiting: Counted,
    /// Everything else: settings, config documents, what the account remembers of the network.
    pub others: Counted,
    /// Pages of the file, and how many of them do not open.
    pub pages: u64,
    /// See [`Self::pages`].
    pub damaged_pages: u64,
    /// The fresh ledger asks the network again for what the account's other devices know: a part of that was lost.
    pub asks_again: bool,
}

/// Where a rescue stands. Several may look.
#[derive(Debug)]
pub struct SalvageWatch {
    so_far: watch::Sender<SalvageProgress>,
    stop: AtomicBool,
}

/// How far a rescue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SalvageProgress {
    /// What was read until now; losses are known at the end.
    pub found: Salvaged,
    /// Of a thousand parts of the work, how many are done.
    pub per_mille: u32,
    /// The secret of the account was found: the recovery password is not needed.
    pub seed_found: bool,
}

impl Default for SalvageWatch {
    fn default() -> Self {
        Self { so_far: watch::Sender::new(SalvageProgress::default()), stop: AtomicBool::new(false) }
    }
}

impl SalvageWatch {
    /// How far it is, now and from now on.
    pub fn progress(&self) -> watch::Receiver<SalvageProgress> {
        self.so_far.subscribe()
    }

    /// Stops the rescue at its next row. Nothing of it stays.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the rescue goes on.
    ///
    /// # Errors
    /// [`ErrorKind::NotAllowed`] once it was stopped.
    pub fn go_on(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::NotAllowed, "rescue of a ledger was stopped"));
        }
        Ok(())
    }

    fn tell(&self, change: impl FnOnce(&mut SalvageProgress)) {
        self.so_far.send_modify(change);
    }
}

/// Reads what can be read of a damaged ledger into a fresh one, which is whole and on the disk afterwards. Takes as long as
/// reading and writing all of it, and twice as much room meanwhile. The damaged files stay as they are.
///
/// # Errors
/// [`ErrorKind::NothingReadable`] when its salt is nowhere or no page opens; [`ErrorKind::SeedUnreadable`] when the secret of
/// the account is lost; [`ErrorKind::DatabaseEmpty`]; [`ErrorKind::DatabaseForeign`]; [`ErrorKind::NewerVersionNeeded`];
/// [`ErrorKind::StorageFull`]; [`ErrorKind::NotAllowed`] when it was stopped.
pub fn salvage(rescue: &Rescue<'_>, watch: &SalvageWatch) -> Result<Salvaged> {
    let mut source = Source::prepare(rescue, watch)?;
    let salvaged = read_all(rescue, &mut source, watch);
    source.remove();
    salvaged
}

fn read_all(rescue: &Rescue<'_>, source: &mut Source, watch: &SalvageWatch) -> Result<Salvaged> {
    source.find_seed()?;
    watch.tell(|progress| progress.seed_found = true);
    let mut fresh = fresh::Fresh::make(rescue.to, rescue.new_key, source.shape())?;
    let tables = fresh.tables()?;
    let totals: BTreeMap<String, Option<u64>> =
        tables.iter().map(|table| (table.name.clone(), source.count(table))).collect();
    let mut work = Work::new(&totals);
    let mut gaps = BTreeMap::new();
    for table in &tables {
        let reading = copy(source, &mut fresh, table, &mut work, watch)?;
        kill::commit_point("after", "rescued table");
        gaps.insert(table.name.clone(), reading);
    }
    watch.tell(|progress| progress.per_mille = 980);
    let lost = |name: &str| gaps.get(name).is_some_and(|reading: &Reading| reading.gaps > 0);
    let asks_again = FOLLOW_DOCUMENTS.iter().any(|name| lost(name));
    let lost = mend::Lost { known_elsewhere: asks_again, documents: lost("dumps") };
    fresh.go_on_counting(&source.sequences())?;
    for table in &tables {
        let reading = gaps.get(&table.name).copied().unwrap_or_default();
        let total = totals.get(&table.name).copied().flatten();
        let missing = total.is_none_or(|total| fresh.count(&table.name).is_ok_and(|read| read < total));
        let by_page = table.key.is_empty() && !NOT_BY_PAGE.contains(&table.name.as_str());
        if reading.gaps > 0 && missing && by_page {
            let columns = fresh.columns(&table.name)?;
            pages::read(source, table, &columns, watch, &mut |rows| fresh.insert(table, &rows))?;
        }
    }
    fresh.finish(lost)?;
    let mut salvaged = fresh.counted(&totals, &gaps)?;
    fresh.close()?;
    salvaged.asks_again = asks_again;
    (salvaged.pages, salvaged.damaged_pages) = source.pages();
    watch.tell(|progress| {
        progress.found = salvaged;
        progress.per_mille = 1_000;
    });
    Ok(salvaged)
}

/// Config documents, and the tables whose rows follow them.
const FOLLOW_DOCUMENTS: [&str; 5] = ["dumps", "profile", "contacts", "conversations", "partings"];

/// What is of no use from a page that nothing leads to: another row of that kind would be believed.
const NOT_BY_PAGE: [&str; 3] = ["account_seed", "tombstone_key", "search_state"];

fn copy(
    source: &mut Source,
    fresh: &mut fresh::Fresh,
    table: &Table,
    work: &mut Work,
    watch: &SalvageWatch,
) -> Result<Reading> {
    let mut sink = |rows: Vec<rows::Row>| {
        watch.go_on()?;
        let count = rows.len() as u64;
        fresh.insert(table, &rows)?;
        let per_mille = work.done(count);
        watch.tell(|progress| {
            progress.per_mille = per_mille;
            progress.found.of(&table.name).read += count;
        });
        Ok(())
    };
    rows::read(source, table, watch, &mut sink)
}

impl Salvaged {
    /// Under what the rows of a table are counted.
    fn of(&mut self, table: &str) -> &mut Counted {
        match table {
            "messages" => &mut self.letters,
            "contacts" => &mut self.people,
            "conversations" => &mut self.conversations,
            "outbox" => &mut self.waiting,
            _ => &mut self.others,
        }
    }
}

/// How much there is to do, in rows.
struct Work {
    all: u64,
    done: u64,
}

impl Work {
    fn new(totals: &BTreeMap<String, Option<u64>>) -> Self {
        Self { all: totals.values().flatten().sum::<u64>().max(1), done: 0 }
    }

    /// Of a thousand parts, how many are done after so many more rows. Copying was the first hundredth, mending is the last.
    fn done(&mut self, more: u64) -> u32 {
        self.done += more;
        10 + u32::try_from(self.done.min(self.all) * 960 / self.all).unwrap_or(960)
    }
}
