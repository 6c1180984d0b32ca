//! How much is asked for at once.
//!
//! An answer must come within the ten seconds of a request; over a slow way a large one never does. So an answer that did
//! not come halves the next, and each that came doubles it again.

/// Which part of all that one answer may hold is asked for at once, as its divisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share(i64);

impl Share {
    /// How `max_size` spells it.
    pub(super) const fn max_size(self) -> i64 {
        -self.0
    }

    /// An answer did not come.
    pub(super) fn smaller(&mut self) {
        self.0 = (self.0 * 2).min(SMALLEST);
    }

    /// An answer came.
    pub(super) fn larger(&mut self) {
        self.0 = (self.0 / 2).max(LARGEST);
    }
}

impl Default for Share {
    fn default() -> Self {
        Self(LARGEST)
    }
}

/// The largest share of a whole answer (7.8 MB) that is asked for at once: an eighth, 1 MB, which a slow phone line
/// carries in ten seconds. Source: session-foundation/session-storage-server `oxenss/rpc/client_rpc_endpoints.h`.
const LARGEST: i64 = 8;

/// The smallest: 15 kB. A node gives one message whatever its size, so the poll goes on even so. Source:
/// session-foundation/session-storage-server `oxenss/storage/database.cpp`.
const SMALLEST: i64 = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_does_not_come_halves_the_next_and_one_that_comes_doubles_it() {
        let mut share = Share::default();
        let mut asked = vec![share.max_size()];
        for _ in 0..8 {
            share.smaller();
            asked.push(share.max_size());
        }
        assert_eq!(asked, [-8, -16, -32, -64, -128, -256, -512, -512, -512]);
        for _ in 0..9 {
            share.larger();
        }
        assert_eq!(share, Share::default());
    }
}
