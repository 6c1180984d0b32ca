//! What to do about each failure of a request to a swarm: one pure step from what came of asking a member to what is
//! noted about it and done next.
//!
//! | what came | then |
//! |---|---|
//! | 421: the account lives elsewhere | the members that the answer names are learned, as far as they are in our node list, and one of them is asked, from the beginning; the second time it is over |
//! | 421 that names nobody we know | the node is no member any more; another one is asked, once |
//! | 406 (425 from servers): our clock | three nodes are asked for the time, then the same member again |
//! | three nodes do not agree on the time | it is over |
//! | 406 although the time was just asked for | the member's own clock is wrong: another member |
//! | no answer, or the path broke | another member, which comes first next time too, without blame; costs all attempts that were made |
//! | a path says that the member is missing or not ready | the same; costs one attempt |
//! | we are offline, and other failures of ours | it is over |
//! | the member fails, or its answer proves nothing | another member |
//! | the member says that it does not work | the same, and it is no member any more |
//! | 413: too large | another member; once a second one says the same it is over |
//! | everything else (400, 401, 403, 404) | it is over: sending it again would be refused again |
//!
//! Another member is asked while there are attempts: three for what a person waits for, one for polling, whose retry is
//! the next poll. Which status is what stands in one table, [`failure`](crate::onion::failure).
//!
//! Source: libsession-util `src/network/session_network.cpp`; session-desktop `ts/session/apis/snode_api/onions.ts`.

use std::time::Duration;

use super::error::SwarmError;
use crate::onion::failure::{Blame, Decision, Next as Verdict};
use crate::onion::{Ask, NodeKey, OnionError};

/// How much is done for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// A person waits: three attempts.
    Send,
    /// The next poll is the retry.
    Poll,
}

/// What came of the last thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// No answer of the member, in so many attempts.
    Unanswered { error: OnionError, attempts: u32 },
    /// A bad status.
    Refused {
        status: u16,
        /// What the table of failures says about it.
        decision: Decision,
        /// The members of the account's swarm that a 421 names, without the one that was asked.
        named: Vec<NodeKey>,
    },
    /// A good status, and an answer that cannot be read or proves nothing.
    Unproven(SwarmError),
    /// The clock was corrected, or could not be.
    Clock(Result<(), SwarmError>),
    /// Those of the named members that our node list holds.
    Found(Vec<NodeKey>),
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
    /// One strike, and it is no member until the next node list.
    Gone,
    /// It is no member of this swarm.
    NoMember,
    /// The account's swarm consists of these.
    Elsewhere(Vec<NodeKey>),
}

/// What is done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The same member is asked again, signed anew.
    AskAgain,
    /// A member that was not tried yet is asked.
    AskAnother,
    /// The same, and from the beginning: it does not share the first one's order of messages.
    AskNewSwarm,
    /// Nodes are asked for the time; then [`Came::Clock`].
    CorrectClock,
    /// The named members are looked up in our node list, or in a new one; then [`Came::Found`].
    FindSwarm(Vec<NodeKey>),
    /// The request is over.
    GiveUp(SwarmError),
}

/// How far a request has come.
#[derive(Clone, Debug)]
pub(super) struct Retries {
    effort: Effort,
    attempts_left: u32,
    // Whether a member has sent us to another swarm.
    moved: bool,
    // Whether the clock was corrected for this request.
    resynced: bool,
    tried: Vec<NodeKey>,
    // Members that said it is too large.
    too_large: Vec<NodeKey>,
}

impl Retries {
    pub(super) fn new(effort: Effort) -> Self {
        let attempts_left = match effort {
            Effort::Send => Ask::send().attempts,
            Effort::Poll => 1,
        };
        Self { effort, attempts_left, moved: false, resynced: false, tried: Vec::new(), too_large: Vec::new() }
    }

    /// How the next member is asked. What is sent gets `patience` for each attempt.
    pub(super) fn ask(&self, patience: Duration) -> Ask {
        match self.effort {
            Effort::Poll => Ask::poll(),
            // Two attempts over different paths, so that another member still gets the third.
            Effort::Send => Ask { attempts: self.attempts_left.min(2), timeout: patience, ..Ask::send() },
        }
    }

    /// Members that failed.
    pub(super) fn tried(&self) -> &[NodeKey] {
        &self.tried
    }

    /// What follows from what came of asking `node`.
    pub(super) fn step(&mut self, node: NodeKey, came: Came) -> Step {
        match came {
            Came::Unanswered { error, attempts } => self.unanswered(node, error, attempts),
            Came::Refused { status, decision, named } => self.refused(node, status, decision, named),
            Came::Unproven(error) => self.another(node, Note::Failed, 1, error),
            Came::Clock(Ok(())) => {
                self.resynced = true;
                Step { note: Note::Nothing, next: Next::AskAgain }
            }
            Came::Clock(Err(error)) => over(error),
            Came::Found(members) => self.elsewhere(node, members),
        }
    }

    fn unanswered(&mut self, node: NodeKey, error: OnionError, attempts: u32) -> Step {
        match error {
            // A path says so, and one path may lie: the node leaves the list only when a second agrees.
            OnionError::UnknownNode | OnionError::DestinationNotReady => {
                self.another(node, Note::Silent, 1, error.into())
            }
            // The road or the member.
            OnionError::TimedOut | OnionError::PathBroken => self.another(node, Note::Silent, attempts, error.into()),
            _ => over(error.into()),
        }
    }

    fn refused(&mut self, node: NodeKey, status: u16, decision: Decision, named: Vec<NodeKey>) -> Step {
        let refused = SwarmError::Refused { status };
        match decision.next {
            // Three nodes have just told the time: it is this one whose clock is wrong, unless the next one refuses as
            // well.
            Verdict::CorrectClock if self.resynced => self.another(node, Note::Failed, 1, SwarmError::ClockWrong),
            Verdict::CorrectClock => Step { note: Note::Nothing, next: Next::CorrectClock },
            Verdict::AskNewSwarm => Step { note: Note::Failed, next: Next::FindSwarm(named) },
            Verdict::SecondOpinion => self.too_large(node, refused),
            Verdict::GiveUp => over(refused),
            Verdict::AskAnother | Verdict::Retry | Verdict::BackOff | Verdict::Deliver => {
                let gone = decision.blame == Blame::DestinationGone;
                self.another(node, if gone { Note::Gone } else { Note::Failed }, 1, refused)
            }
        }
    }

    fn too_large(&mut self, node: NodeKey, refused: SwarmError) -> Step {
        if !self.too_large.is_empty() && !self.too_large.contains(&node) {
            return over(refused);
        }
        self.too_large.push(node);
        // One member's word is not the network's limit.
        self.another(node, Note::Nothing, 1, SwarmError::NobodyAccepted { failed: 1 })
    }

    fn elsewhere(&mut self, node: NodeKey, members: Vec<NodeKey>) -> Step {
        let note = if members.is_empty() { Note::NoMember } else { Note::Elsewhere(members) };
        if self.moved {
            return Step { note, next: Next::GiveUp(SwarmError::Moved) };
        }
        self.moved = true;
        self.tried.push(node);
        Step { note, next: Next::AskNewSwarm }
    }

    /// Another member, unless `node` took the last attempt.
    fn another(&mut self, node: NodeKey, note: Note, cost: u32, error: SwarmError) -> Step {
        self.attempts_left = self.attempts_left.saturating_sub(cost);
        if self.attempts_left == 0 {
            return Step { note, next: Next::GiveUp(error) };
        }
        self.tried.push(node);
        Step { note, next: Next::AskAnother }
    }
}

fn over(error: SwarmError) -> Step {
    Step { note: Note::Nothing, next: Next::GiveUp(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onion::failure;

    const ANNA: NodeKey = NodeKey([1; 32]);
    const BERT: NodeKey = NodeKey([2; 32]);
    const CARL: NodeKey = NodeKey([3; 32]);

    fn refused(status: u16) -> Came {
        refused_with(status, "")
    }

    fn refused_with(status: u16, body: &str) -> Came {
        Came::Refused { status, decision: failure::of_node(status, body), named: Vec::new() }
    }

    fn moved(named: &[NodeKey]) -> Came {
        Came::Refused { status: 421, decision: failure::of_node(421, ""), named: named.to_vec() }
    }

    fn silent(error: OnionError, attempts: u32) -> Came {
        Came::Unanswered { error, attempts }
    }

    fn nobody() -> SwarmError {
        SwarmError::NobodyAccepted { failed: 3 }
    }

    /// The step after all of this came.
    fn after(effort: Effort, came: Vec<(NodeKey, Came)>) -> (Note, Next) {
        let mut retries = Retries::new(effort);
        let step = came.into_iter().map(|(node, came)| retries.step(node, came)).last().unwrap();
        (step.note, step.next)
    }

    fn send(came: Vec<(NodeKey, Came)>) -> (Note, Next) {
        after(Effort::Send, came)
    }

    #[test]
    fn an_account_that_moved_is_looked_for_once() {
        let found = |members: &[NodeKey]| Came::Found(members.to_vec());
        let first = vec![(ANNA, moved(&[BERT, CARL]))];
        assert_eq!(send(first.clone()), (Note::Failed, Next::FindSwarm(vec![BERT, CARL])));
        let known = [first.clone(), vec![(ANNA, found(&[BERT]))]].concat();
        assert_eq!(send(known.clone()), (Note::Elsewhere(vec![BERT]), Next::AskNewSwarm));
        assert_eq!(
            after(Effort::Poll, known.clone()),
            (Note::Elsewhere(vec![BERT]), Next::AskNewSwarm),
            "costs nothing"
        );
        let strangers = [first, vec![(ANNA, found(&[]))]].concat();
        assert_eq!(send(strangers), (Note::NoMember, Next::AskNewSwarm));
        let again = [known, vec![(BERT, moved(&[CARL])), (BERT, found(&[CARL]))]].concat();
        assert_eq!(send(again), (Note::Elsewhere(vec![CARL]), Next::GiveUp(SwarmError::Moved)), "learned all the same");
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
        for (error, attempts, left) in [
            (OnionError::UnknownNode, 2, 2),
            (OnionError::DestinationNotReady, 2, 2),
            (OnionError::TimedOut, 2, 1),
            (OnionError::PathBroken, 2, 1),
        ] {
            let mut retries = Retries::new(Effort::Send);
            let step = retries.step(ANNA, silent(error.clone(), attempts));
            assert_eq!((step.note, step.next), (Note::Silent, Next::AskAnother), "{error}");
            assert_eq!((retries.attempts_left, retries.tried()), (left, [ANNA].as_slice()), "{error}");
            let over = (Note::Silent, Next::GiveUp(error.clone().into()));
            assert_eq!(after(Effort::Poll, vec![(ANNA, silent(error, 1))]), over);
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
            assert_eq!(send(vec![(ANNA, silent(error, 2))]), over);
        }
        for status in [400, 401, 403, 404] {
            let over = (Note::Nothing, Next::GiveUp(SwarmError::Refused { status }));
            assert_eq!(send(vec![(ANNA, refused(status))]), over);
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
    fn two_members_must_agree_that_a_message_is_too_large() {
        let large = || refused(413);
        assert_eq!(send(vec![(ANNA, large())]), (Note::Nothing, Next::AskAnother));
        let agreed = (Note::Nothing, Next::GiveUp(SwarmError::Refused { status: 413 }));
        assert_eq!(send(vec![(ANNA, large()), (BERT, large())]), agreed);
        assert_eq!(send(vec![(ANNA, large()), (ANNA, large())]), (Note::Nothing, Next::AskAnother), "a swarm of one");
        let alone = (Note::Nothing, Next::GiveUp(SwarmError::NobodyAccepted { failed: 1 }));
        assert_eq!(after(Effort::Poll, vec![(ANNA, large())]), alone);
        assert_eq!(send(vec![(ANNA, refused(500)), (BERT, refused(500)), (CARL, large())]), alone);
    }

    #[test]
    fn one_member_gets_two_attempts_and_another_the_third() {
        let patience = Duration::from_secs(15);
        let mut retries = Retries::new(Effort::Send);
        assert_eq!(retries.ask(patience), Ask { attempts: 2, timeout: patience, hedge: false });
        retries.step(ANNA, silent(OnionError::TimedOut, 2));
        assert_eq!(retries.ask(patience), Ask { attempts: 1, timeout: patience, hedge: false });
        assert_eq!(Retries::new(Effort::Poll).ask(patience), Ask::poll());
    }
}
