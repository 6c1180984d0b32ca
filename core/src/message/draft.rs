//! A message as a person wrote it, before it becomes rows and bytes.
//!
//! A draft knows the limits of messages.md 3.5 and refuses what every client would refuse, before anything is stored:
//! nothing to send, or a text that is too long. It is counted in Unicode code points, as other clients count, not in
//! bytes.

use super::split;
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::store::MessageId;
pub use crate::wire::limits::MAX_BODY_CHARS as MAX_TEXT_POINTS;

/// What a person wants to send.
///
/// ```
/// use onionskin_core::Draft;
/// let draft = Draft::text("Hello");
/// assert_eq!(draft.body(), "Hello");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    body: String,
    answers: Option<MessageId>,
}

impl Draft {
    /// A text message.
    pub fn text(body: impl Into<String>) -> Self {
        Self { body: body.into(), answers: None }
    }

    /// The same as an answer to a message of the conversation.
    #[must_use]
    pub fn answering(self, message: MessageId) -> Self {
        Self { answers: Some(message), ..self }
    }

    /// The message that it answers.
    pub fn answers(&self) -> Option<MessageId> {
        self.answers
    }

    /// The text as it was written.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The most that one message takes, in the unit of [`Self::length`].
    pub const fn limit() -> usize {
        MAX_TEXT_POINTS
    }

    /// How long a text is, for a counter beside [`Self::limit`]: in Unicode code points.
    pub fn length(text: &str) -> usize {
        text.chars().count()
    }

    /// A text as parts that each fit into a message. They end where a reader would pause: at a paragraph, a line, a
    /// sentence, a word, and never inside of what is seen as one sign. Nothing is lost but white space between two
    /// parts. What fits is one part, as it is; white space alone that does not fit is none.
    ///
    /// ```
    /// use onionskin_core::Draft;
    /// let parts = Draft::split(&"onion ".repeat(500));
    /// assert_eq!(parts.len(), 2);
    /// assert!(parts.iter().all(|part| Draft::length(part) <= Draft::limit()));
    /// ```
    pub fn split(text: &str) -> Vec<String> {
        split::split(text, Self::limit())
    }

    /// Whether this may be sent.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when there is nothing but white space; [`ErrorKind::TooLarge`] with
    /// [`Hint::Length`] in code points over [`MAX_TEXT_POINTS`].
    pub fn check(&self) -> Result<()> {
        if self.body.trim().is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "message has no text").with_hint(Hint::Field("body")));
        }
        let found = Self::length(&self.body);
        if found > MAX_TEXT_POINTS {
            return Err(Error::new(ErrorKind::TooLarge, "message text is over the limit")
                .with_hint(Hint::Length { found, expected: MAX_TEXT_POINTS }));
        }
        Ok(())
    }
}

/// What people write does not belong in logs.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("points", &self.body.chars().count()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_two_thousand_points_goes_and_one_more_does_not() {
        let points = |n: usize| "🧅".repeat(n);
        assert!(Draft::text(points(MAX_TEXT_POINTS)).check().is_ok());
        let error = Draft::text(points(MAX_TEXT_POINTS + 1)).check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(error.hint(), Some(&Hint::Length { found: 2_001, expected: 2_000 }));
    }

    #[test]
    fn white_space_alone_is_not_a_message() {
        for blank in ["", "  \n\t", "\u{2003}"] {
            assert_eq!(Draft::text(blank).check().unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn a_draft_does_not_print_its_text() {
        assert!(!format!("{:?}", Draft::text("secret")).contains("secret"));
    }
}
