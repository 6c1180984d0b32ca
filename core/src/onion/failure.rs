//! From failure to decision: retry? whom to blame? One pure function over the whole error table.
//!
//! A reply has two levels. What the guard says in clear text (a **path** status) may have been written by any node of
//! the path, so it can never harm a node that is not on the path or the destination we chose, and naming the next node
//! as missing costs the path a strike as well: a lying hop that tries to steer us to its friends loses the path, guard
//! included, after three lies. What stands inside the encrypted reply was written by the **destination** and is never
//! blamed on the path.
//!
//! Sources of the texts: session-foundation/session-storage-server `oxenss/rpc/request_handler.cpp`,
//! `oxenss/rpc/onion_processing.cpp`, `oxenss/server/https.cpp`; of the decisions: libsession-util
//! `src/network/session_network.cpp`, session-desktop `ts/session/apis/snode_api/onions.ts`.

use super::node::NodeKey;

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure<'a> {
    /// No connection to the guard, or it broke.
    Guard,
    /// No reply within the time limit.
    TimedOut,
    /// A reply that cannot be decrypted, is not an answer, or is too long.
    Unreadable,
    /// The guard answered in clear text with something else than 200.
    Path {
        /// HTTP status.
        status: u16,
        /// Text of the body.
        body: &'a str,
    },
    /// The destination node answered, inside the encryption.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for files"))]
    Node {
        /// Status inside the encrypted reply.
        status: u16,
        /// Text of the body.
        body: &'a str,
    },
    /// The server answered, inside the encryption.
    #[cfg_attr(not(feature = "vectors-fuzz-benches"), expect(dead_code, reason = "waits for files"))]
    Server {
        /// The server's HTTP status.
        code: u16,
    },
}

/// The way an attempt was to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Guard, middle, exit.
    pub hops: [NodeKey; 3],
    /// The destination node; none when it is a server.
    pub destination: Option<NodeKey>,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who is held responsible.
    pub blame: Blame,
    /// What happens to the request.
    pub next: Next,
}

/// Who is held responsible for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Nobody.
    Nobody,
    /// The guard is not there, or it is we who are offline: leave its paths, and set it aside for a while.
    GuardAway,
    /// One strike for the guard.
    Guard,
    /// One strike for the path.
    Path,
    /// The hop is set aside and replaced, and the path gets a strike.
    Hop(NodeKey),
    /// One strike for a hop that is alive but not ready.
    HopNotReady(NodeKey),
    /// One strike for the path, unless another path fails in the same way: then it is the server.
    PathUnlessOthersAgree,
    /// One strike for the destination.
    Destination,
    /// The destination says itself that it does not work: it is no member until the next node list.
    DestinationGone,
    /// The path says that the destination is missing or not ready: one strike for both, and the destination leaves the node list once
    /// a path of other nodes has said the same.
    DestinationAccused,
}

/// What happens to a request after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is no failure: the answer goes to the caller.
    Deliver,
    /// The same request over a fresh path.
    Retry,
    /// Another member of the swarm, or another node.
    AskAnother,
    /// The account's swarm is elsewhere: read the answer, ask there.
    AskNewSwarm,
    /// Network time first, then new timestamps and signatures, once.
    CorrectClock,
    /// Later; the guard counts our requests.
    BackOff,
    /// Another path or another member; final once a second one says the same, for the first may lie.
    SecondOpinion,
    /// Sending the same again is useless.
    GiveUp,
}

/// The error table of the specification, 3.6.
pub fn decide(failure: &Failure<'_>, route: &Route) -> Decision {
    let (blame, next) = match *failure {
        Failure::Guard => (Blame::GuardAway, Next::Retry),
        Failure::TimedOut | Failure::Unreadable => (Blame::Path, Next::Retry),
        Failure::Path { status, body } => path_status(status, body, route),
        Failure::Node { status, body } => node_status(status, body),
        Failure::Server { code } => (Blame::Nobody, of_server(code)),
    };
    Decision { blame, next }
}

fn path_status(status: u16, body: &str, route: &Route) -> (Blame, Next) {
    let body = body.trim();
    // Behind a server, the exit node passes on what the server or its own connection attempt said.
    let vague = if route.destination.is_none() { Blame::PathUnlessOthersAgree } else { Blame::Path };
    match status {
        502 => match named(body, &[NEXT_MISSING, NEXT_UNREACHABLE]) {
            Some(node) if route.destination == Some(node) => (Blame::DestinationAccused, Next::AskAnother),
            Some(node) if is_after_guard(node, route) => (Blame::Hop(node), Next::Retry),
            Some(_) => (Blame::Path, Next::Retry),
            None if body.starts_with(NEXT_MISSING) || body.starts_with(NEXT_UNREACHABLE) => (Blame::Path, Next::Retry),
            None => (vague, Next::Retry),
        },
        503 => match named(body, &[NODE_NOT_READY]) {
            // Any hop may have written it: it costs the path as much as the destination, and the first says nothing final.
            Some(node) if route.destination == Some(node) => (Blame::DestinationAccused, Next::AskAnother),
            Some(node) if is_after_guard(node, route) => (Blame::HopNotReady(node), Next::Retry),
            Some(_) => (Blame::Path, Next::Retry),
            None if body.starts_with(GUARD_NOT_READY) || body.starts_with(GUARD_BUSY) => (Blame::Guard, Next::Retry),
            None => (vague, Next::Retry),
        },
        504 if body == HOP_TIMED_OUT => (Blame::Path, Next::Retry),
        500 if body == BAD_INTER_NODE_REPLY => (Blame::Path, Next::Retry),
        400 if body.starts_with(BAD_CIPHERTEXT) => (Blame::Path, Next::Retry),
        // Ours by the text, yet a hop may have written it to silence us.
        400 if body.starts_with(BAD_REQUEST) || body.starts_with(TOO_MANY_HOPS) => (Blame::Path, Next::SecondOpinion),
        // A server has limits of its own; for a node we refuse what is too large before sending, so this is a lie.
        413 if route.destination.is_none() => (Blame::Nobody, Next::SecondOpinion),
        429 => (Blame::Nobody, Next::BackOff),
        _ => (vague, Next::Retry),
    }
}

/// The rows of the table about what a destination node answers: nothing there depends on the route.
pub fn of_node(status: u16, body: &str) -> Decision {
    let (blame, next) = node_status(status, body);
    Decision { blame, next }
}

/// The same about what a server answers: never anybody's fault but ours.
pub const fn of_server(code: u16) -> Next {
    match code {
        406 | 425 => Next::CorrectClock,
        _ => Next::Deliver,
    }
}

fn node_status(status: u16, body: &str) -> (Blame, Next) {
    match status {
        200..=299 => (Blame::Nobody, Next::Deliver),
        413 => (Blame::Nobody, Next::SecondOpinion),
        400 | 401 | 403 | 404 => (Blame::Nobody, Next::GiveUp),
        406 | 425 => (Blame::Nobody, Next::CorrectClock),
        421 => (Blame::Destination, Next::AskNewSwarm),
        502 if body.trim_start().starts_with(DAEMON_BROKEN) => (Blame::DestinationGone, Next::AskAnother),
        _ => (Blame::Destination, Next::AskAnother),
    }
}

/// The node that a text names after one of these beginnings.
fn named(body: &str, beginnings: &[&str]) -> Option<NodeKey> {
    let rest = beginnings.iter().find_map(|beginning| body.strip_prefix(beginning))?;
    NodeKey::parse(rest.trim())
}

fn is_after_guard(node: NodeKey, route: &Route) -> bool {
    let [_, middle, exit] = route.hops;
    node == middle || node == exit
}

const NEXT_MISSING: &str = "Next node not found:";
/// Since 2026.
const NEXT_UNREACHABLE: &str = "Next node is currently unreachable:";
const NODE_NOT_READY: &str = "Snode not ready:";
const GUARD_NOT_READY: &str = "Service node is not ready";
const GUARD_BUSY: &str = "Server busy, try again later";
const HOP_TIMED_OUT: &str = "Request time out";
const BAD_INTER_NODE_REPLY: &str = "Invalid response from snode";
const BAD_CIPHERTEXT: &str = "Invalid ciphertext";
const BAD_REQUEST: &str = "Error parsing onion request";
const TOO_MANY_HOPS: &str = "onion request max path length exceeded";
const DAEMON_BROKEN: &str = "oxend returned unparsable data";

#[cfg(test)]
mod tests {
    use super::*;

    const GUARD: NodeKey = NodeKey([0x11; 32]);
    const MIDDLE: NodeKey = NodeKey([0x22; 32]);
    const EXIT: NodeKey = NodeKey([0x33; 32]);
    const DESTINATION: NodeKey = NodeKey([0xdd; 32]);
    const STRANGER: NodeKey = NodeKey([0xee; 32]);

    const TO_NODE: Route = Route { hops: [GUARD, MIDDLE, EXIT], destination: Some(DESTINATION) };
    const TO_SERVER: Route = Route { hops: [GUARD, MIDDLE, EXIT], destination: None };

    fn path(route: &Route, status: u16, body: &str) -> (Blame, Next) {
        let Decision { blame, next } = decide(&Failure::Path { status, body }, route);
        (blame, next)
    }

    #[test]
    fn every_path_row_of_the_table() {
        for (status, body, blame, next) in [
            (502, format!("Next node not found: {DESTINATION}"), Blame::DestinationAccused, Next::AskAnother),
            (502, format!("Next node not found: {MIDDLE}"), Blame::Hop(MIDDLE), Next::Retry),
            (502, format!("Next node not found: {EXIT}"), Blame::Hop(EXIT), Next::Retry),
            (502, format!("Next node not found: {STRANGER}"), Blame::Path, Next::Retry),
            (
                502,
                format!("Next node is currently unreachable: {DESTINATION}"),
                Blame::DestinationAccused,
                Next::AskAnother,
            ),
            (502, format!("Next node is currently unreachable: {MIDDLE}"), Blame::Hop(MIDDLE), Next::Retry),
            (502, format!("Next node is currently unreachable: {STRANGER}"), Blame::Path, Next::Retry),
            (503, format!("Snode not ready: {DESTINATION}"), Blame::DestinationAccused, Next::AskAnother),
            (503, format!("Snode not ready: {EXIT}"), Blame::HopNotReady(EXIT), Next::Retry),
            (503, format!("Snode not ready: {STRANGER}"), Blame::Path, Next::Retry),
            (503, "Service node is not ready: syncing".to_owned(), Blame::Guard, Next::Retry),
            (503, "Server busy, try again later".to_owned(), Blame::Guard, Next::Retry),
            (504, "Request time out".to_owned(), Blame::Path, Next::Retry),
            (500, "Invalid response from snode".to_owned(), Blame::Path, Next::Retry),
            (400, "Invalid ciphertext".to_owned(), Blame::Path, Next::Retry),
            (400, "Error parsing onion request: no key".to_owned(), Blame::Path, Next::SecondOpinion),
            (400, "onion request max path length exceeded".to_owned(), Blame::Path, Next::SecondOpinion),
            (413, "Request body too large".to_owned(), Blame::Path, Next::Retry),
            (429, String::new(), Blame::Nobody, Next::BackOff),
        ] {
            assert_eq!(path(&TO_NODE, status, &body), (blame, next), "{status} {body}");
        }
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_not_blamed_on_the_path_when_others_agree() {
        for (status, body) in
            [(502, "Couldn't connect to server"), (504, "Timeout was reached"), (503, "down"), (404, "")]
        {
            assert_eq!(path(&TO_SERVER, status, body), (Blame::PathUnlessOthersAgree, Next::Retry), "{status}");
        }
        assert_eq!(path(&TO_SERVER, 504, "Request time out"), (Blame::Path, Next::Retry), "that is a hop's text");
        assert_eq!(path(&TO_SERVER, 413, "too big"), (Blame::Nobody, Next::SecondOpinion));
        let missing = format!("Next node not found: {MIDDLE}");
        assert_eq!(path(&TO_SERVER, 502, &missing), (Blame::Hop(MIDDLE), Next::Retry));
    }

    #[test]
    fn every_destination_row_of_the_table_and_none_blames_the_path() {
        for (status, body, blame, next) in [
            (200, "{}", Blame::Nobody, Next::Deliver),
            (204, "", Blame::Nobody, Next::Deliver),
            (400, "invalid request: x", Blame::Nobody, Next::GiveUp),
            (401, "store signature verification failed", Blame::Nobody, Next::GiveUp),
            (403, "Provided expiry/TTL is not valid.", Blame::Nobody, Next::GiveUp),
            (404, "", Blame::Nobody, Next::GiveUp),
            (406, "Timestamp error: check your clock", Blame::Nobody, Next::CorrectClock),
            (413, "too large", Blame::Nobody, Next::SecondOpinion),
            (421, "{\"snodes\":[]}", Blame::Destination, Next::AskNewSwarm),
            (425, "", Blame::Nobody, Next::CorrectClock),
            (500, "request failed", Blame::Destination, Next::AskAnother),
            (502, "oxend returned unparsable data", Blame::DestinationGone, Next::AskAnother),
            (502, "something", Blame::Destination, Next::AskAnother),
            (503, "Snode not ready", Blame::Destination, Next::AskAnother),
            (429, "", Blame::Destination, Next::AskAnother),
            (504, "", Blame::Destination, Next::AskAnother),
            (599, "", Blame::Destination, Next::AskAnother),
            (0, "", Blame::Destination, Next::AskAnother),
            (302, "", Blame::Destination, Next::AskAnother),
        ] {
            let decision = decide(&Failure::Node { status, body }, &TO_NODE);
            assert_eq!(decision, Decision { blame, next }, "{status} {body}");
        }
        for (code, next) in
            [(200, Next::Deliver), (404, Next::Deliver), (425, Next::CorrectClock), (500, Next::Deliver)]
        {
            let decision = decide(&Failure::Server { code }, &TO_SERVER);
            assert_eq!(decision, Decision { blame: Blame::Nobody, next }, "{code}");
        }
    }

    #[test]
    fn without_a_reply_the_guard_or_the_path_pays() {
        for (failure, blame) in
            [(Failure::Guard, Blame::GuardAway), (Failure::TimedOut, Blame::Path), (Failure::Unreadable, Blame::Path)]
        {
            assert_eq!(decide(&failure, &TO_NODE), Decision { blame, next: Next::Retry });
        }
    }

    #[test]
    fn a_lying_hop_can_harm_neither_the_guard_nor_a_node_we_did_not_choose() {
        for text in ["Next node not found: ", "Next node is currently unreachable: ", "Snode not ready: "] {
            for status in [502, 503] {
                for innocent in [GUARD, STRANGER] {
                    let (blame, _) = path(&TO_NODE, status, &format!("{text}{innocent}"));
                    assert_eq!(blame, Blame::Path, "{status} {text}");
                }
            }
        }
        for garbage in ["Next node not found: ", "Next node not found: zz", "Next node not found: 11112222"] {
            assert_eq!(path(&TO_NODE, 502, garbage).0, Blame::Path);
            assert_eq!(path(&TO_SERVER, 502, garbage).0, Blame::Path);
        }
    }
}
