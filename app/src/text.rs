//! Translations: Fluent files in `assets/translations`, complete in English and German.
//!
//! Components write [`t!`](crate::t): it reads the language of the interface and follows its changes. Everything a person
//! reads stands in those files; `app/tests/translations.rs` holds that no key is missing or unused.

use std::sync::Arc;

use dioxus::prelude::*;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

pub use fluent_bundle::FluentValue as Value;

/// The files of a language, one for each part of the interface.
macro_rules! files {
    ($language:literal) => {
        &[
            include_str!(concat!("../../assets/translations/", $language, "/general.ftl")),
            include_str!(concat!("../../assets/translations/", $language, "/front.ftl")),
            include_str!(concat!("../../assets/translations/", $language, "/conversation.ftl")),
            include_str!(concat!("../../assets/translations/", $language, "/settings.ftl")),
        ]
    };
}

/// The languages, their own names and their files. The first is what everything falls back to.
pub const LANGUAGES: &[(&str, &str, &[&str])] = &[("en", "English", files!("en")), ("de", "Deutsch", files!("de"))];

/// One language, ready to speak. Cheap to clone.
#[derive(Clone)]
pub struct Texts {
    inner: Arc<Inner>,
}

struct Inner {
    tag: &'static str,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// The language with this tag, or the one it is a dialect of, or English.
    pub fn new(tag: &str) -> Self {
        let wanted = tag.split(['-', '_', '.']).next().unwrap_or_default().to_ascii_lowercase();
        let (tag, _, files) =
            LANGUAGES.iter().find(|(tag, ..)| *tag == wanted).or(LANGUAGES.first()).expect("there is a first language");
        let mut bundle = FluentBundle::new_concurrent(vec![tag.parse::<LanguageIdentifier>().unwrap_or_default()]);
        // Every value would be isolated; `say` isolates those that need it.
        bundle.set_use_isolating(false);
        for file in *files {
            // A file that does not parse is caught by a test; what can be read of it is used.
            let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(part, _)| part);
            let _ = bundle.add_resource(resource);
        }
        Self { inner: Arc::new(Inner { tag, bundle }) }
    }

    /// The command line's language, else the chosen one, else the system's.
    pub fn chosen(command_line: Option<&str>, preferences: &crate::preferences::Preferences) -> Self {
        match command_line.or(preferences.language.as_deref()) {
            Some(tag) => Self::new(tag),
            None => Self::of_the_system(),
        }
    }

    /// The language of the system.
    pub fn of_the_system() -> Self {
        Self::new(&sys_locale::get_locale().unwrap_or_default())
    }

    /// Its tag.
    pub fn tag(&self) -> &'static str {
        self.inner.tag
    }

    /// The sentence with this key; the key itself when there is none, so that nothing is ever blank. A value that is written
    /// from right to left, as a foreign name may be, is isolated: it turns nothing around it.
    pub fn say(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        self.compose(key, values, isolated)
    }

    /// As [`Texts::say`] without the marks that isolate, for titles and notifications, where systems may show them as boxes.
    pub fn say_plainly(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        self.compose(key, values, plain)
    }

    fn compose(&self, key: &str, values: &[(&str, FluentValue<'_>)], made: fn(&str) -> String) -> String {
        let (key, attribute) = key.split_once('.').map_or((key, None), |(key, attribute)| (key, Some(attribute)));
        let message = self.inner.bundle.get_message(key);
        let pattern = message.as_ref().and_then(|message| match attribute {
            Some(attribute) => message.get_attribute(attribute).map(|attribute| attribute.value()),
            None => message.value(),
        });
        let Some(pattern) = pattern else {
            tracing::error!(key, "text is missing");
            return key.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(
                *name,
                match value {
                    FluentValue::String(text) => FluentValue::from(made(text)),
                    other => other.clone(),
                },
            );
        }
        self.inner.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
}

/// A foreign text without marks that turn directions, for a place where nothing may show them.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !turns(*c)).collect()
}

/// The same, in a first-strong isolate where it holds letters that run from right to left. Source: Unicode Standard Annex 9,
/// sections 2.4 and 2.6.
fn isolated(text: &str) -> String {
    let text = plain(text);
    if text.chars().any(runs_from_the_right) { format!("\u{2068}{text}\u{2069}") } else { text }
}

/// Marks that turn the direction of what follows, and characters that act on a terminal or a title.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || (c.is_control() && c != '\n')
}

/// Scripts that are written from right to left, by their blocks (Unicode `DerivedBidiClass`: R and AL stand in these alone).
fn runs_from_the_right(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner) || self.inner.tag == other.inner.tag
    }
}

/// An Account ID as people compare it: its ends.
pub fn short_id(account: &onionskin_core::AccountId) -> String {
    let text = account.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    format!("{} {} … {}", part(0..4), part(4..8), part(62..66))
}

/// The language of an interface, as its components find it.
#[derive(Clone, Copy)]
pub struct Language(pub Signal<Texts>);

/// The sentence with this key in the language of the interface. Only inside components and their handlers.
pub fn say(key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
    let Language(texts) = consume_context();
    let texts = texts.read();
    texts.say(key, values)
}

/// `t!("key")` or `t!("key", name = value)`: a sentence in the language of the interface.
#[macro_export]
macro_rules! t {
    ($key:expr) => { $crate::text::say($key, &[]) };
    ($key:expr, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::text::say($key, &[$((stringify!($name), $crate::text::Value::from($value))),+])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_turns_no_sentence_around() {
        for key in ["foot-request", "people-block-ask", "foot-blocked"] {
            let texts = Texts::new("en");
            let sentence = |name: &str| texts.say(key, &[("name", name.to_owned().into())]);
            assert!(!sentence("\u{202e}drab\u{2066}\u{7}").chars().any(turns), "{key}");
            assert!(sentence("\u{202e}דני").contains("\u{2068}דני\u{2069}"), "{key}");
            assert_eq!(sentence("Zoë"), texts.say_plainly(key, &[("name", "Zoë".into())]), "{key}");
            assert!(!texts.say_plainly(key, &[("name", "דני".into())]).chars().any(turns), "{key}");
        }
    }

    #[test]
    fn every_file_parses_and_a_dialect_finds_its_language() {
        for (tag, _, files) in LANGUAGES {
            for file in *files {
                let parsed = FluentResource::try_new((*file).to_owned());
                assert!(parsed.is_ok(), "{tag}: {:?}", parsed.err().map(|(_, errors)| errors));
            }
        }
        assert_eq!(Texts::new("de_AT.UTF-8").tag(), "de");
        assert_eq!(Texts::new("pt").tag(), "en");
    }
}
