//! What one member is asked for, page after page. Pure: (what a page said) → (what of it is used, what is asked for next).
//!
//! ```text
//! ask for everything ──> configs say "more" ──> ask for those configs alone; a page of letters is put back
//!                   └──> no config says more ─> letters that were put back are asked for again, unless they must wait
//!                                           └─> letters say "more" ──> ask for those
//! nothing more, or too many pages ──> done
//! ```
//!
//! Configs come first because they say whether a letter is still wanted. Letters *wait* while a restored account does not
//! know its people ([`Round::letters_wait`]); they are *put back* when some page of configs is still to come.

use crate::address::Namespace;

/// One member's round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Round {
    /// Where letters lie.
    letters: Vec<Namespace>,
    /// What is asked for next.
    wanted: Vec<Namespace>,
    /// Letters must wait for what the account knows about people.
    waits: bool,
    /// Letters were left out or put back, and are asked for once all configs are here.
    put_back: bool,
    pages: u32,
}

/// What a page said of one namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Which.
    pub(super) namespace: Namespace,
    /// There is more, and the list moved on. A node that says "more" without moving would be asked for ever.
    pub(super) goes_on: bool,
}

/// What becomes of the letters of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// They are opened and stored.
    Sort,
    /// Configs are still to come: the page is asked for again.
    PutBack,
}

/// What follows a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another page ([`Round::wanted`]).
    Ask,
    /// The member has nothing more that is wanted now.
    Done {
        /// It says that there is more all the same: too many pages for one poll.
        more: bool,
    },
}

impl Round {
    /// A round over `namespaces`, of which `letters` hold letters, that wait when `waits` says so.
    pub(super) fn new(namespaces: &[Namespace], letters: Vec<Namespace>, waits: bool) -> Self {
        let wanted = namespaces.iter().copied().filter(|namespace| !waits || !letters.contains(namespace)).collect();
        Self { letters, wanted, waits, put_back: waits, pages: 0 }
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
        self.wanted = page.iter().filter(|told| told.goes_on).map(|told| told.namespace).collect();
        let configs: Vec<Namespace> =
            self.wanted.iter().copied().filter(|namespace| !self.letters.contains(namespace)).collect();
        if configs.is_empty() {
            return Letters::Sort;
        }
        self.put_back |= page.iter().any(|told| self.letters.contains(&told.namespace));
        self.wanted = configs;
        Letters::PutBack
    }

    /// Whether [`Self::next`] wants to know if letters still have to wait.
    pub(super) fn asks_whether_letters_wait(&self) -> bool {
        self.waits && self.comes_to_letters()
    }

    /// What follows, once the page is stored. `still_wait`: the account still does not know its people. `discarded`: the
    /// cursors were cleared meanwhile, and nothing was stored.
    pub(super) fn next(&mut self, still_wait: bool, discarded: bool) -> Next {
        if self.comes_to_letters() {
            self.waits &= still_wait;
            if !self.waits {
                self.wanted.clone_from(&self.letters);
                self.put_back = false;
            }
        }
        if discarded {
            return Next::Done { more: false };
        }
        if self.wanted.is_empty() || self.pages >= MAX_PAGES {
            return Next::Done { more: !self.wanted.is_empty() };
        }
        Next::Ask
    }

    /// All configs are here, and letters were left out or put back.
    fn comes_to_letters(&self) -> bool {
        self.put_back && self.wanted.iter().all(|namespace| self.letters.contains(namespace))
    }
}

/// Pages taken in one poll: at 1 MB each more than a swarm can hold for us in two weeks of ordinary use.
const MAX_PAGES: u32 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: Namespace = Namespace::DIRECT;
    const PEOPLE: Namespace = Namespace::CONTACTS;
    const PROFILE: Namespace = Namespace::USER_PROFILE;

    fn round(waits: bool) -> Round {
        Round::new(&[LETTERS, PROFILE, PEOPLE], vec![LETTERS], waits)
    }

    /// A page of what is wanted, in which `more` go on.
    fn page(round: &Round, more: &[Namespace]) -> Vec<Told> {
        let told = |namespace: &Namespace| Told { namespace: *namespace, goes_on: more.contains(namespace) };
        round.wanted().iter().map(told).collect()
    }

    #[test]
    fn the_table_of_rounds() {
        use Letters::{PutBack, Sort};
        const DONE: Next = Next::Done { more: false };
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
                "configs first",
                false,
                &[
                    (&[LETTERS, PEOPLE], false, PutBack, Next::Ask, &[PEOPLE]),
                    (&[PEOPLE], false, PutBack, Next::Ask, &[PEOPLE]),
                    (&[], false, Sort, Next::Ask, &[LETTERS]),
                    (&[], false, Sort, DONE, &[]),
                ],
            ),
            (
                "a page of letters that is whole is put back too",
                false,
                &[
                    (&[PROFILE], false, PutBack, Next::Ask, &[PROFILE]),
                    (&[], false, Sort, Next::Ask, &[LETTERS]),
                    (&[], false, Sort, DONE, &[]),
                ],
            ),
            ("letters wait and go on waiting", true, &[(&[], true, Sort, DONE, &[])]),
            (
                "letters wait until the contacts are here",
                true,
                &[
                    (&[PEOPLE], true, PutBack, Next::Ask, &[PEOPLE]),
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
                assert_eq!(round.next(*still_wait, false), *next, "{name}, page {number}");
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
        round.next(true, false);
        let told = page(&round, &[]);
        round.take(&told);
        assert!(round.asks_whether_letters_wait());
        assert!(round.letters_wait());
    }

    #[test]
    fn a_discarded_page_ends_the_round_and_says_nothing_about_more() {
        let mut round = round(false);
        let told = page(&round, &[LETTERS]);
        round.take(&told);
        assert_eq!(round.next(false, true), Next::Done { more: false });
    }

    #[test]
    fn a_member_that_always_has_more_is_left_after_two_hundred_pages() {
        let mut round = round(false);
        let mut asked = 0;
        let end = loop {
            let told = page(&round, &[LETTERS]);
            round.take(&told);
            asked += 1;
            match round.next(false, false) {
                Next::Ask => (),
                done => break done,
            }
        };
        assert_eq!((asked, end), (200, Next::Done { more: true }));
    }
}
