//! What one member is asked for, page after page. Pure: (what a page said) → (what of it is used, what is asked for next).
//!
//! ```text
//! ask for everything ──> configs say "more" ──> ask for those configs alone; a page of letters is kept meanwhile
//!                   └──> no config says more ─> letters that were kept are sorted, and more of them asked for
//! nothing more ──> done
//! pages that bring nothing verified ──> the member has failed
//! many pages that bring nothing new, or too many ──> left for now
//! ```
//!
//! Configs come first because they say whether a letter is still wanted. Letters *wait* while a restored account does not
//! know its people ([`Round::letters_wait`]); they are *kept* when some page of configs is still to come. Progress is what was
//! verified, never what a member says: "more", and a name that no data give, are nothing.

use crate::address::Namespace;

/// One member's round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Round {
    /// Where letters lie.
    letters: Vec<Namespace>,
    /// What is asked for next.
    wanted: Vec<Namespace>,
    /// Letters of which there is more, asked for once all configs are here.
    more_letters: Vec<Namespace>,
    /// Letters must wait for what the account knows about people.
    waits: bool,
    pages: u32,
    /// Pages in a row that brought nothing verified.
    barren: u32,
    /// Pages in a row that brought nothing new.
    stale: u32,
}

/// What a page said of one namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Which.
    pub(super) namespace: Namespace,
    /// The member says that there is more.
    pub(super) more: bool,
    /// There was a message whose data give its name, and which the member had not given before in this round.
    pub(super) verified: bool,
}

/// What became of a page once it was stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The account still does not know its people.
    pub(super) still_wait: bool,
    /// The cursors were cleared meanwhile, and nothing was stored.
    pub(super) discarded: bool,
    /// Something of it is new to us and of use.
    pub(super) news: bool,
}

/// What becomes of the letters of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// They, and those kept, are opened and stored.
    Sort,
    /// Configs are still to come: they are kept until then.
    Keep,
}

/// What follows a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another page ([`Round::wanted`]).
    Ask,
    /// The member has nothing more that is wanted now.
    Done,
    /// There is more, and it is left for a later poll. Another member is asked before.
    Leave,
    /// The member says again and again that there is more, and gives nothing: another one is asked.
    Failed,
}

impl Round {
    /// A round over `namespaces`, of which `letters` hold letters, that wait when `waits` says so.
    pub(super) fn new(namespaces: &[Namespace], letters: Vec<Namespace>, waits: bool) -> Self {
        let wanted = namespaces.iter().copied().filter(|namespace| !waits || !letters.contains(namespace)).collect();
        Self { letters, wanted, more_letters: Vec::new(), waits, pages: 0, barren: 0, stale: 0 }
    }

    /// What is asked for next, in the order of the request.
    pub(super) fn wanted(&self) -> &[Namespace] {
        &self.wanted
    }

    /// Whether letters wait for what the account knows about people.
    pub(super) fn letters_wait(&self) -> bool {
        self.waits
    }

    /// Takes what a page said. Its configs are merged in any case.
    pub(super) fn take(&mut self, page: &[Told]) -> Letters {
        self.pages = self.pages.saturating_add(1);
        let barren = page.iter().any(|told| told.more) && page.iter().all(|told| !told.more || !told.verified);
        self.barren = if barren { self.barren.saturating_add(1) } else { 0 };
        let go_on = page.iter().filter(|told| told.more).map(|told| told.namespace);
        let (letters, configs): (Vec<_>, Vec<_>) = go_on.partition(|namespace| self.letters.contains(namespace));
        self.more_letters.extend(letters);
        if configs.is_empty() {
            self.wanted = std::mem::take(&mut self.more_letters);
            return Letters::Sort;
        }
        self.wanted = configs;
        Letters::Keep
    }

    /// Whether [`Self::next`] wants to know if letters still have to wait.
    pub(super) fn asks_whether_letters_wait(&self) -> bool {
        self.waits && self.wanted.is_empty()
    }

    /// What follows, once the page is stored.
    pub(super) fn next(&mut self, outcome: Outcome) -> Next {
        self.stale = if outcome.news { 0 } else { self.stale.saturating_add(1) };
        if self.asks_whether_letters_wait() && !outcome.still_wait {
            self.waits = false;
            self.wanted.clone_from(&self.letters);
        }
        if outcome.discarded || self.wanted.is_empty() {
            return Next::Done;
        }
        if self.barren >= MAX_BARREN {
            return Next::Failed;
        }
        if self.stale >= MAX_STALE || self.pages >= MAX_PAGES { Next::Leave } else { Next::Ask }
    }
}

/// Pages taken in one poll: at 1 MB each more than a swarm can hold for us in two weeks of ordinary use.
const MAX_PAGES: u32 = 200;

/// Pages in a row in which nothing that goes on is verified. An honest member never gives one.
const MAX_BARREN: u32 = 3;

/// Pages in a row that bring nothing new: rubbish that somebody put there, or what another member gave us before. The rest has
/// time, and the cursor keeps the place.
const MAX_STALE: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: Namespace = Namespace::DIRECT;
    const PEOPLE: Namespace = Namespace::CONTACTS;
    const PROFILE: Namespace = Namespace::USER_PROFILE;
    const NEWS: Outcome = Outcome { still_wait: false, discarded: false, news: true };

    fn round(waits: bool) -> Round {
        Round::new(&[LETTERS, PROFILE, PEOPLE], vec![LETTERS], waits)
    }

    /// A page of what is wanted, in which `more` go on; all of it verified.
    fn page(round: &Round, more: &[Namespace]) -> Vec<Told> {
        let told =
            |namespace: &Namespace| Told { namespace: *namespace, more: more.contains(namespace), verified: true };
        round.wanted().iter().map(told).collect()
    }

    #[test]
    fn the_table_of_rounds() {
        use Letters::{Keep, Sort};
        const DONE: Next = Next::Done;
        // What of each page goes on; whether letters still wait then; what becomes of letters; what follows, with what.
        type Step = (&'static [Namespace], bool, Letters, Next, &'static [Namespace]);
        let table: [(&str, bool, &[Step]); 7] = [
            ("nothing more", false, &[(&[], false, Sort, DONE, &[])]),
            (
                "letters go on",
                false,
                &[(&[LETTERS], false, Sort, Next::Ask, &[LETTERS]), (&[], false, Sort, DONE, &[])],
            ),
            (
                "configs first, and the letters that came with them are not asked for twice",
                false,
                &[
                    (&[LETTERS, PEOPLE], false, Keep, Next::Ask, &[PEOPLE]),
                    (&[PEOPLE], false, Keep, Next::Ask, &[PEOPLE]),
                    (&[], false, Sort, Next::Ask, &[LETTERS]),
                    (&[], false, Sort, DONE, &[]),
                ],
            ),
            (
                "a page of letters that is whole is kept too",
                false,
                &[(&[PROFILE], false, Keep, Next::Ask, &[PROFILE]), (&[], false, Sort, DONE, &[])],
            ),
            ("letters wait and go on waiting", true, &[(&[], true, Sort, DONE, &[])]),
            (
                "letters wait until the contacts are here",
                true,
                &[
                    (&[PEOPLE], true, Keep, Next::Ask, &[PEOPLE]),
                    (&[], false, Sort, Next::Ask, &[LETTERS]),
                    (&[LETTERS], false, Sort, Next::Ask, &[LETTERS]),
                    (&[], false, Sort, DONE, &[]),
                ],
            ),
            (
                "letters need not wait any more after the first page",
                true,
                &[(&[], false, Sort, Next::Ask, &[LETTERS]), (&[], false, Sort, DONE, &[])],
            ),
        ];
        for (name, waits, steps) in table {
            let mut round = round(waits);
            for (number, (more, still_wait, letters, next, wanted)) in steps.iter().enumerate() {
                let told = page(&round, more);
                assert_eq!(round.take(&told), *letters, "{name}, page {number}");
                let outcome = Outcome { still_wait: *still_wait, ..NEWS };
                assert_eq!(round.next(outcome), *next, "{name}, page {number}");
                assert_eq!(round.wanted(), *wanted, "{name}, page {number}");
            }
        }
    }

    #[test]
    fn letters_that_wait_are_not_asked_for_and_that_is_asked_again_when_configs_are_here() {
        let mut round = round(true);
        assert_eq!(round.wanted(), [PROFILE, PEOPLE]);
        let told = page(&round, &[PEOPLE]);
        round.take(&told);
        assert!(!round.asks_whether_letters_wait(), "configs are still to come");
        round.next(Outcome { still_wait: true, ..NEWS });
        let told = page(&round, &[]);
        round.take(&told);
        assert!(round.asks_whether_letters_wait());
        assert!(round.letters_wait());
    }

    #[test]
    fn a_discarded_page_ends_the_round() {
        let mut round = round(false);
        let told = page(&round, &[LETTERS]);
        round.take(&told);
        assert_eq!(round.next(Outcome { discarded: true, ..NEWS }), Next::Done);
    }

    /// Pages that all say the same until the round ends: how many there were, and the end.
    fn until_the_end(more: Namespace, verified: bool, news: bool) -> (u32, Next) {
        let mut round = round(false);
        for asked in 1.. {
            let told: Vec<Told> =
                round.wanted().iter().map(|at| Told { namespace: *at, more: *at == more, verified }).collect();
            round.take(&told);
            match round.next(Outcome { news, ..NEWS }) {
                Next::Ask => (),
                end => return (asked, end),
            }
        }
        unreachable!("it ends")
    }

    #[test]
    fn the_table_of_members_that_always_have_more() {
        for (what, verified, news, asked, end) in [
            ("and give nothing, or names that no data give", false, false, 3, Next::Failed),
            ("and give what is known, or rubbish", true, false, 20, Next::Leave),
            ("and always something new", true, true, 200, Next::Leave),
        ] {
            for namespace in [LETTERS, PEOPLE] {
                assert_eq!(until_the_end(namespace, verified, news), (asked, end), "{what}: {namespace}");
            }
        }
    }

    #[test]
    fn one_barren_page_between_others_is_forgiven() {
        let mut round = round(false);
        for verified in [true, false, false, true, false, false, true] {
            round.take(&[Told { namespace: LETTERS, more: true, verified }]);
            assert_eq!(round.next(NEWS), Next::Ask);
        }
    }
}
