//! A new passphrase: typed twice, long enough, and how hard it is to guess. The same rules wherever one is set.

use dioxus::prelude::*;
use zeroize::Zeroizing;

use crate::components::{Field, Typed};
use crate::t;

/// What stands in the two fields. `Copy`.
#[derive(Clone, Copy, PartialEq)]
pub struct Twice {
    first: Typed,
    again: Typed,
    strength: Signal<Option<Strength>>,
    wrong: Signal<Option<Wrong>>,
}

impl Twice {
    /// Two empty ones that live as long as the component.
    pub fn hook() -> Self {
        Self { first: Typed::hook(), again: Typed::hook(), strength: use_signal(|| None), wrong: use_signal(|| None) }
    }

    /// The passphrase, where it keeps to the rules and stands there twice; else the fields say what is wrong.
    pub fn checked(mut self) -> Option<Zeroizing<String>> {
        let first = self.first.text();
        let checked = check(&first, &self.again.text());
        self.wrong.set(checked.err());
        checked.is_ok().then_some(first)
    }

    fn typed(mut self) {
        self.wrong.set(None);
        let text = self.first.text();
        self.strength.set((!text.is_empty()).then(|| Strength::of(&text)));
    }
}

/// The two fields; `failed` is what came of the passphrase afterwards.
#[component]
pub fn TypedTwice(twice: Twice, failed: Option<String>) -> Element {
    let mut wrong = twice.wrong;
    let wrong_first = match wrong() {
        Some(Wrong::Short) => Some(t!("lock-wrong-short", least = LEAST)),
        Some(Wrong::Long) => Some(t!("lock-wrong-long", most = MOST)),
        Some(Wrong::Different) | None => failed,
    };
    let wrong_again = (wrong() == Some(Wrong::Different)).then(|| t!("lock-wrong-different"));
    let hint = match (twice.strength)() {
        None => t!("lock-hint"),
        Some(Strength::Short) => t!("lock-strength-short"),
        Some(Strength::Fair) => t!("lock-strength-fair"),
        Some(Strength::Strong) => t!("lock-strength-strong"),
    };
    rsx! {
        Field { id: "new-passphrase", label: t!("lock-new"), typed: twice.first, secret: true, hint, wrong: wrong_first,
            oninput: move |()| twice.typed()
        }
        Field { id: "passphrase-again", label: t!("lock-again"), typed: twice.again, secret: true, wrong: wrong_again,
            oninput: move |()| wrong.set(None)
        }
    }
}

/// What is wrong with what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Short,
    Long,
    Different,
}

fn check(first: &str, again: &str) -> Result<(), Wrong> {
    let length = first.chars().count();
    if length < usize::from(LEAST) {
        Err(Wrong::Short)
    } else if length > usize::from(MOST) {
        Err(Wrong::Long)
    } else if first != again {
        Err(Wrong::Different)
    } else {
        Ok(())
    }
}

/// How hard it is to guess, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Short,
    Fair,
    Strong,
}

impl Strength {
    /// Counts what a guesser does not get for free: different characters, and their kinds.
    fn of(text: &str) -> Self {
        let different = text.chars().collect::<std::collections::BTreeSet<_>>().len();
        let kinds = [
            text.chars().any(char::is_lowercase),
            text.chars().any(char::is_uppercase),
            text.chars().any(char::is_numeric),
            text.chars().any(|c| !c.is_alphanumeric()),
        ];
        let kinds = kinds.into_iter().filter(|kind| *kind).count();
        let length = text.chars().count().min(different * 3);
        match length * 3 + kinds * 4 {
            0..40 => Self::Short,
            40..62 => Self::Fair,
            _ => Self::Strong,
        }
    }
}

/// Shorter ones are tried through in an afternoon.
const LEAST: u8 = 6;
/// Longer ones are pasted by mistake.
const MOST: u16 = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_six_to_256_characters_and_typed_twice_the_same() {
        for (first, again, expected) in [
            ("12345", "12345", Err(Wrong::Short)),
            ("üüüüüü", "üüüüüü", Ok(())),
            ("123456", "12345", Err(Wrong::Different)),
        ] {
            assert_eq!(check(first, again), expected, "{first}");
        }
        let (most, more) = ("x".repeat(256), "x".repeat(257));
        assert_eq!((check(&most, &most), check(&more, &more)), (Ok(()), Err(Wrong::Long)));
    }

    #[test]
    fn longer_and_more_varied_is_stronger_and_repeating_does_not_help() {
        for (text, expected) in [
            ("secret", Strength::Short),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", Strength::Short),
            ("lighthouse", Strength::Short),
            ("Lighthouse 7", Strength::Fair),
            ("four quiet lamps", Strength::Fair),
            ("orchard thimble candle rain", Strength::Strong),
        ] {
            assert_eq!(Strength::of(text), expected, "{text}");
        }
    }
}
