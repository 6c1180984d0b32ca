//! Translations: Fluent files in `assets/translations`, complete in English and German.
//!
//! Components write [`t!`](crate::t): it reads the language of the interface and follows its changes. Everything a
//! person reads stands in those files; `app/tests/translations.rs` holds that no key is missing or unused.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use dioxus::prelude::*;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use onionskin_core::{AccountId, cleaned, sort_key};
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
        // Numbers would be isolated too; `say` isolates what is text.
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

    /// The sentence with this key; the key itself when there is none, so that nothing is ever blank. Every text in it
    /// is isolated, whoever wrote it and in whatever direction: it turns nothing around it.
    pub fn say(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        self.compose(key, values, isolated)
    }

    /// As [`Texts::say`] without the marks that isolate, for titles and notifications, where systems may show them as
    /// boxes.
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

/// The same, in a first-strong isolate. Source: Unicode Standard Annex 9, sections 2.4 and 2.6.
fn isolated(text: &str) -> String {
    format!("\u{2068}{}\u{2069}", plain(text))
}

/// Marks that turn the direction of what follows, and characters that act on a terminal or a title.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || (c.is_control() && c != '\n')
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner) || self.inner.tag == other.inner.tag
    }
}

/// What a person is called by a name they, or we, gave them. One of which nothing is seen is none: the Account ID
/// stands for it. One that reads like a word of ours ("Note to Self") is followed by the Account ID, so that nobody
/// takes a stranger for a part of the program.
pub fn person_name(account: &AccountId, name: &str) -> String {
    match name {
        name if cleaned(name).trim().is_empty() => short_id(account),
        name if is_our_word(name) => format!("{name} ({})", short_id(account)),
        name => name.to_owned(),
    }
}

/// Whether a name reads like one of our own words, in any of our languages: whatever its case, marks and punctuation,
/// and with letters of other scripts that look the same.
fn is_our_word(name: &str) -> bool {
    static OURS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let said = LANGUAGES.iter().flat_map(|(tag, ..)| {
            let texts = Texts::new(tag);
            OUR_WORDS.iter().map(move |key| read_as(&texts.say(key, &[])))
        });
        said.chain([read_as("Onionskin")]).collect()
    });
    OURS.contains(&read_as(name))
}

/// How a name is read: letters alone, without case, marks and script.
fn read_as(name: &str) -> String {
    let latin = |c: char| {
        let mut pairs = LOOK_ALIKES.0.chars().zip(LOOK_ALIKES.1.chars());
        pairs.find(|(like, _)| *like == c).map_or(c, |(_, latin)| latin)
    };
    sort_key(&cleaned(name).chars().map(latin).collect::<String>()).split_whitespace().collect()
}

/// Words of ours that stand where names of people stand.
const OUR_WORDS: &[&str] = &["note-to-self", "path-you", "requests-title", "closed-unknown", "settings"];

/// Cyrillic and Greek letters that look like Latin ones, and below them those: as far as words of ours can be spelled
/// with them. Source: Unicode Technical Standard 39, confusables.
const LOOK_ALIKES: (&str, &str) = ("аαсԁеһіιӏоορѕυуАСЕΕІΙМΜΝОΟЅТΤУΥ", "aacdehiiloopsuyACEEIIMMNOOSTTYY");

/// An Account ID as people compare it: its ends. The one short form.
pub fn short_id(account: &AccountId) -> String {
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
            let turned = sentence("\u{202e}drab\u{2066}\u{7}");
            assert_eq!(turned.matches(turns).collect::<String>(), "\u{2068}\u{2069}", "{key}");
            for name in ["דני", "Zoë", "12", "Ana!"] {
                assert!(sentence(&format!("\u{202e}{name}")).contains(&format!("\u{2068}{name}\u{2069}")), "{key}");
            }
            assert!(!texts.say_plainly(key, &[("name", "דני".into())]).chars().any(turns), "{key}");
        }
    }

    #[test]
    fn a_stranger_called_like_a_word_of_ours_is_marked() {
        let stranger = AccountId::from_x25519([7; 32]);
        let id = short_id(&stranger);
        for name in [
            "Note to Self",
            "note  to SELF!",
            "Nоte to Sеlf",
            "Note\u{ad} to\u{200b} Self",
            "Notiz an mich",
            "You",
            "Du",
            "Message requests",
            "onionskin",
        ] {
            assert_eq!(person_name(&stranger, name), format!("{name} ({id})"));
        }
        for name in ["Notes", "Selfmade", "Youri", "Ana", "名", "🎉"] {
            assert_eq!(person_name(&stranger, name), name);
        }
        assert_eq!(LOOK_ALIKES.0.chars().count(), LOOK_ALIKES.1.chars().count());
        for name in ["", " ", "\u{3164}", "\u{200b}\u{2060}"] {
            assert_eq!(person_name(&stranger, name), id, "{name:?}");
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
