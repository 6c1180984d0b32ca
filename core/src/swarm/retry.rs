//! What to do about each failure of a request to a swarm: one pure step from what came of asking a member to what is
//! noted about it and done next.
//!
//! | what came | then |
//! |---|---|
//! | 421: the account lives elsewhere | a strike, and another member, from the beginning: of the new swarm where a second voice or a new list says so too, else of the one we know; the third time it is over |
//! | 421 that names nobody | the same, and the node is not asked any more |
//! | 406 (425 from servers): our clock | three nodes are asked for the time, then the same member again |
//! | three nodes do not agree on the time | it is over |
//! | 406 although the time was just asked for | the member's own clock is wrong: another member |
//! | no answer, or the path broke | another member, which comes first next time too, without blame |
//! | a path says that the member is missing or not ready | the same |
//! | we are offline, and other failures of ours | it is over |
//! | the member fails, or its answer proves nothing | another member |
//! | proofs, and not of enough members | another member, without blame: what both prove counts |
//! | the member says that it does not work | another member, and it is not asked any more |
//! | 413: too large, and everything else (400, 401, 403, 404) | another member; once a second one refuses as well it is over |
//!
//! Another member is asked while there are some to ask: three in all for what a person waits for, one for polling, whose
//! retry is the next poll. A 421 and a corrected clock cost none. What was proved by too few is what is told in the end,
//! whatever the last member said. Which status is what stands in one table, [`failure`](crate::onion::failure); what is
//! believed of a 421 in [`redirect`](super::redirect).
//!
//! Source: libsession-util `src/network/session_network.cpp`; session-desktop `ts/session/apis/snode_api/onions.ts`.

use std::time::Duration;

use super::error::SwarmError;
use super::redirect::Action;
use crate::onion::failure::{Blame, Decision, Next as Verdict};
use crate::onion::{Ask, NodeKey, OnionError};

/// How much is done for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// A person waits: three members.
    Send,
    /// The next poll is the retry.
    Poll,
}

/// What came of the last thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// No answer of the member.
    Unanswered(OnionError),
    /// A bad status.
    Refused {
        status: u16,
        /// What the table of failures says about it.
        decision: Decision,
        /// The members of the account's swarm that a 421 names.
        named: Vec<NodeKey>,
    },
    /// A good status, and an answer that cannot be read or proves nothing.
    Unproven(SwarmError),
    /// Proofs, and all of them together are not enough.
    Short(SwarmError),
    /// The clock was corrected, or could not be.
    Clock(Result<(), SwarmError>),
    /// A 421 was looked into.
    Found(Found),
}

/// What is made of a 421.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What becomes of the request.
    pub(super) action: Action,
    /// It named nobody, so it speaks of itself alone.
    pub(super) says_it_left: bool,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) note: Note,
    pub(super) next: Next,
}

/// What is noted about the member that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    Nothing,
    /// It comes last for a while, without blame: it may have been the road.
    Silent,
    /// One strike.
    Failed,
    /// One strike, and it is not asked until the next node list.
    Gone,
    /// It says that it is no member of this swarm, and is not asked until the next node list.
    NoMember,
}

/// What is done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The same member is asked again, signed anew.
    AskAgain,
    /// A member that was not asked yet.
    AskAnother,
    /// The same, and from the beginning: it does not share the first one's order of messages.
    AskElsewhere,
    /// Nodes are asked for the time; then [`Came::Clock`].
    CorrectClock,
    /// It is looked into what the node named, after so many such answers; then [`Came::Found`].
    LookInto { named: Vec<NodeKey>, before: u32 },
    /// The request is over.
    GiveUp(SwarmError),
}

/// How far a request has come.
#[derive(Clone, Debug)]
pub(super) struct Retries {
    effort: Effort,
    // Members that may still be asked.
    left: u32,
    // How many members have sent us to another swarm.
    redirects: u32,
    // Whether the clock was corrected for this request.
    resynced: bool,
    asked: Vec<NodeKey>,
    // Members that refused for good, and whether as too large.
    refused: Vec<(NodeKey, bool)>,
    // What was proved by too few so far.
    short: Option<SwarmError>,
}

impl Retries {
    pub(super) fn new(effort: Effort) -> Self {
        let left = match effort {
            Effort::Send => Ask::send().attempts,
            Effort::Poll => 1,
        };
        let (asked, refused) = (Vec::new(), Vec::new());
        Self { effort, left, redirects: 0, resynced: false, asked, refused, short: None }
    }

    /// `node` is asked, this patiently; what is sent gets `patience` for each attempt.
    pub(super) fn begin(&mut self, node: NodeKey, patience: Duration) -> Ask {
        self.left = self.left.saturating_sub(1);
        if !self.asked.contains(&node) {
            self.asked.push(node);
        }
        match self.effort {
            Effort::Poll => Ask::poll(),
            // Two attempts over different paths while another member may follow.
            Effort::Send => Ask { attempts: self.left.clamp(1, 2), timeout: patience, ..Ask::send() },
        }
    }

    /// Whether another member may be asked.
    pub(super) fn may_ask(&self) -> bool {
        self.left > 0
    }

    /// Members that were asked.
    pub(super) fn asked(&self) -> &[NodeKey] {
        &self.asked
    }

    /// What follows from what came of asking `node`.
    pub(super) fn step(&mut self, node: NodeKey, came: Came) -> Step {
        match came {
            Came::Unanswered(error) => self.unanswered(error),
            Came::Refused { status, decision, named } => self.refused(node, status, decision, named),
            Came::Unproven(error) => self.another(Note::Failed, error),
            Came::Short(error) => {
                self.short = Some(error.clone());
                self.another(Note::Nothing, error)
            }
            Came::Clock(Ok(())) => {
                self.resynced = true;
                self.left += 1;
                Step { note: Note::Nothing, next: Next::AskAgain }
            }
            Came::Clock(Err(error)) => self.over(Note::Nothing, error),
            Came::Found(found) => self.elsewhere(found),
        }
    }

    fn unanswered(&mut self, error: OnionError) -> Step {
        match error {
            // The road or the member. A path may also say that it is missing or not ready, and one path may lie: the node
            // leaves the list only when a second agrees.
            OnionError::UnknownNode
            | OnionError::DestinationNotReady
            | OnionError::TimedOut
            | OnionError::PathBroken => self.another(Note::Silent, error.into()),
            _ => self.over(Note::Nothing, error.into()),
        }
    }

    fn refused(&mut self, node: NodeKey, status: u16, decision: Decision, named: Vec<NodeKey>) -> Step {
        let refused = SwarmError::Refused { status };
        match decision.next {
            // Three nodes have just told the time: it is this one whose clock is wrong, unless the next one refuses as
            // well.
            Verdict::CorrectClock if self.resynced => self.another(Note::Failed, SwarmError::ClockWrong),
            Verdict::CorrectClock => Step { note: Note::Nothing, next: Next::CorrectClock },
            Verdict::AskNewSwarm => {
                let before = self.redirects;
                self.redirects += 1;
                Step { note: Note::Failed, next: Next::LookInto { named, before } }
            }
            // One member's word is not the network's limit.
            Verdict::SecondOpinion => {
                self.refused_for_good(node, true, refused, SwarmError::NobodyAccepted { failed: 1 })
            }
            Verdict::GiveUp => self.refused_for_good(node, false, refused.clone(), refused),
            Verdict::AskAnother | Verdict::Retry | Verdict::BackOff | Verdict::Deliver => {
                let gone = decision.blame == Blame::DestinationGone;
                self.another(if gone { Note::Gone } else { Note::Failed }, refused)
            }
        }
    }

    /// A refusal that nothing would mend if it is honest: `agreed` when a second member refuses as well, `alone` when there
    /// is none to ask.
    fn refused_for_good(&mut self, node: NodeKey, too_large: bool, agreed: SwarmError, alone: SwarmError) -> Step {
        if self.refused.iter().any(|(other, said)| *other != node && *said == too_large) {
            return self.over(Note::Nothing, agreed);
        }
        self.refused.push((node, too_large));
        self.another(Note::Silent, alone)
    }

    fn elsewhere(&mut self, found: Found) -> Step {
        let note = if found.says_it_left { Note::NoMember } else { Note::Nothing };
        if found.action == Action::Fail {
            return self.over(note, SwarmError::Moved);
        }
        self.left += 1;
        Step { note, next: Next::AskElsewhere }
    }

    /// Another member, unless `node` was the last that may be asked.
    fn another(&mut self, note: Note, error: SwarmError) -> Step {
        if self.may_ask() { Step { note, next: Next::AskAnother } } else { self.over(note, error) }
    }

    fn over(&mut self, note: Note, error: SwarmError) -> Step {
        self.left = 0;
        Step { note, next: Next::GiveUp(self.short.clone().unwrap_or(error)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::failure;

    const ANNA: NodeKey = NodeKey([1; 32]);
    const BERT: NodeKey = NodeKey([2; 32]);
    const CARL: NodeKey = NodeKey([3; 32]);

    const PATIENCE: Duration = Duration::from_secs(15);

    fn refused(status: u16) -> Came {
        refused_with(status, "")
    }

    fn refused_with(status: u16, body: &str) -> Came {
        Came::Refused { status, decision: failure::of_node(status, body), named: Vec::new() }
    }

    fn moved(named: &[NodeKey]) -> Came {
        Came::Refused { status: 421, decision: failure::of_node(421, ""), named: named.to_vec() }
    }

    fn found(action: Action) -> Came {
        Came::Found(Found { action, says_it_left: false })
    }

    fn nobody() -> SwarmError {
        SwarmError::NobodyAccepted { failed: 3 }
    }

    fn short(accepted: usize) -> SwarmError {
        SwarmError::TooFew { accepted, named: 4 }
    }

    /// The step after all of this came. A member is asked before something comes of it, unless that is about the same
    /// asking.
    fn after(effort: Effort, came: Vec<(NodeKey, Came)>) -> (Note, Next) {
        let mut retries = Retries::new(effort);
        let mut last = None;
        for (node, came) in came {
            if !matches!(came, Came::Clock(_) | Came::Found(_)) {
                retries.begin(node, PATIENCE);
            }
            last = Some(retries.step(node, came));
        }
        let step = last.unwrap();
        (step.note, step.next)
    }

    fn send(came: Vec<(NodeKey, Came)>) -> (Note, Next) {
        after(Effort::Send, came)
    }

    #[test]
    fn an_account_that_is_said_to_have_moved_is_looked_into_and_the_third_time_it_is_over() {
        let look = |named: &[NodeKey], before| (Note::Failed, Next::LookInto { named: named.to_vec(), before });
        let first = vec![(ANNA, moved(&[BERT, CARL]))];
        assert_eq!(send(first.clone()), look(&[BERT, CARL], 0));
        let alone = [first.clone(), vec![(ANNA, found(Action::Retry))]].concat();
        for effort in [Effort::Send, Effort::Poll] {
            assert_eq!(after(effort, alone.clone()), (Note::Nothing, Next::AskElsewhere), "costs nothing");
        }
        let second = [alone.clone(), vec![(BERT, moved(&[CARL]))]].concat();
        assert_eq!(send(second.clone()), look(&[CARL], 1));
        let agreed = [second, vec![(BERT, found(Action::Retry))]].concat();
        assert_eq!(after(Effort::Poll, agreed.clone()), (Note::Nothing, Next::AskElsewhere));
        let third = [agreed, vec![(CARL, moved(&[ANNA]))]].concat();
        assert_eq!(send(third.clone()), look(&[ANNA], 2));
        let over = [third, vec![(CARL, found(Action::Fail))]].concat();
        assert_eq!(send(over), (Note::Nothing, Next::GiveUp(SwarmError::Moved)));
        let left = Came::Found(Found { action: Action::Retry, says_it_left: true });
        assert_eq!(send(vec![(ANNA, moved(&[])), (ANNA, left)]), (Note::NoMember, Next::AskElsewhere));
        let other_serves = [alone, vec![(BERT, refused(500))]].concat();
        assert_eq!(send(other_serves), (Note::Failed, Next::AskAnother), "a 421 took no member away");
    }

    #[test]
    fn what_too_few_members_proved_goes_to_another_and_is_what_is_told_in_the_end() {
        let few = |node, accepted| (node, Came::Short(short(accepted)));
        assert_eq!(send(vec![few(ANNA, 1)]), (Note::Nothing, Next::AskAnother));
        assert_eq!(send(vec![few(ANNA, 1), (BERT, refused(500))]), (Note::Failed, Next::AskAnother));
        let told = Next::GiveUp(short(1));
        assert_eq!(send(vec![few(ANNA, 1), (BERT, refused(500)), (CARL, refused(500))]), (Note::Failed, told.clone()));
        let offline = Came::Unanswered(OnionError::Offline);
        assert_eq!(send(vec![few(ANNA, 1), (BERT, offline)]), (Note::Nothing, told));
        let thrice = vec![few(ANNA, 1), few(BERT, 1), few(CARL, 2)];
        assert_eq!(send(thrice), (Note::Nothing, Next::GiveUp(short(2))));
    }

    #[test]
    fn a_refusal_for_the_clock_corrects_it_once() {
        let wrong = || (ANNA, refused(406));
        let right = || (ANNA, Came::Clock(Ok(())));
        assert_eq!(send(vec![wrong()]), (Note::Nothing, Next::CorrectClock));
        assert_eq!(send(vec![(ANNA, refused(425))]), (Note::Nothing, Next::CorrectClock));
        assert_eq!(after(Effort::Poll, vec![wrong(), right()]), (Note::Nothing, Next::AskAgain), "costs nothing");
        let unsettled = (ANNA, Came::Clock(Err(SwarmError::ClockWrong)));
        assert_eq!(send(vec![wrong(), unsettled]), (Note::Nothing, Next::GiveUp(SwarmError::ClockWrong)));
        assert_eq!(send(vec![wrong(), right(), wrong()]), (Note::Failed, Next::AskAnother));
        let all = vec![wrong(), right(), wrong(), (BERT, refused(406)), (CARL, refused(406))];
        assert_eq!(send(all), (Note::Failed, Next::GiveUp(SwarmError::ClockWrong)));
    }

    #[test]
    fn a_member_that_is_silent_comes_last_and_another_is_asked() {
        for error in
            [OnionError::UnknownNode, OnionError::DestinationNotReady, OnionError::TimedOut, OnionError::PathBroken]
        {
            let silent = |node| (node, Came::Unanswered(error.clone()));
            assert_eq!(send(vec![silent(ANNA)]), (Note::Silent, Next::AskAnother), "{error}");
            let over = (Note::Silent, Next::GiveUp(error.clone().into()));
            assert_eq!(send(vec![silent(ANNA), silent(BERT), silent(CARL)]), over);
            assert_eq!(after(Effort::Poll, vec![silent(ANNA)]), over);
        }
    }

    #[test]
    fn what_no_other_member_could_mend_is_over_at_once() {
        for error in [
            OnionError::Offline,
            OnionError::NoNodes,
            OnionError::GuardUnreachable,
            OnionError::TooLarge,
            OnionError::Refused { status: 400 },
            OnionError::TooManyRequests,
            OnionError::BadRequest("x"),
        ] {
            let over = (Note::Nothing, Next::GiveUp(error.clone().into()));
            assert_eq!(send(vec![(ANNA, Came::Unanswered(error))]), over);
        }
    }

    #[test]
    fn a_member_that_fails_or_proves_nothing_is_struck_and_another_is_asked() {
        let broken = || refused_with(502, "oxend returned unparsable data");
        for (came, note, error) in [
            (refused(500), Note::Failed, SwarmError::Refused { status: 500 }),
            (refused(503), Note::Failed, SwarmError::Refused { status: 503 }),
            (refused(429), Note::Failed, SwarmError::Refused { status: 429 }),
            (broken(), Note::Gone, SwarmError::Refused { status: 502 }),
            (Came::Unproven(nobody()), Note::Failed, nobody()),
        ] {
            assert_eq!(send(vec![(ANNA, came.clone())]), (note.clone(), Next::AskAnother), "{came:?}");
            let thrice = [ANNA, BERT, CARL].map(|node| (node, came.clone())).to_vec();
            assert_eq!(send(thrice), (note.clone(), Next::GiveUp(error.clone())), "{came:?}");
            assert_eq!(after(Effort::Poll, vec![(ANNA, came.clone())]), (note, Next::GiveUp(error)), "{came:?}");
        }
    }

    #[test]
    fn two_members_must_agree_on_a_refusal() {
        for status in [400, 401, 403, 404, 413] {
            let no = || refused(status);
            assert_eq!(send(vec![(ANNA, no())]), (Note::Silent, Next::AskAnother), "{status}");
            let agreed = (Note::Nothing, Next::GiveUp(SwarmError::Refused { status }));
            assert_eq!(send(vec![(ANNA, no()), (BERT, no())]), agreed);
            assert_eq!(send(vec![(ANNA, no()), (ANNA, no())]), (Note::Silent, Next::AskAnother), "a swarm of one");
            let one =
                if status == 413 { SwarmError::NobodyAccepted { failed: 1 } } else { SwarmError::Refused { status } };
            let alone = (Note::Silent, Next::GiveUp(one));
            assert_eq!(after(Effort::Poll, vec![(ANNA, no())]), alone);
            assert_eq!(send(vec![(ANNA, refused(500)), (BERT, refused(500)), (CARL, no())]), alone);
        }
        let differently = vec![(ANNA, refused(413)), (BERT, refused(403))];
        assert_eq!(send(differently), (Note::Silent, Next::AskAnother), "one says too large, the other forbidden");
    }

    #[test]
    fn a_member_gets_two_attempts_while_another_may_follow() {
        let mut retries = Retries::new(Effort::Send);
        for (node, attempts) in [(ANNA, 2), (BERT, 1), (CARL, 1)] {
            assert!(retries.may_ask());
            assert_eq!(retries.begin(node, PATIENCE), Ask { attempts, timeout: PATIENCE, ..Ask::send() });
        }
        assert!(!retries.may_ask() && retries.asked() == [ANNA, BERT, CARL]);
        assert_eq!(Retries::new(Effort::Poll).begin(ANNA, PATIENCE), Ask::poll());
    }
}
