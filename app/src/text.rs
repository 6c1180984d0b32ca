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
        // Marks that isolate directions would show up in titles and notifications; screens set `dir` themselves.
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

    /// The sentence with this key; the key itself when there is none, so that nothing is ever blank.
    pub fn say(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
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
            arguments.set(*name, value.clone());
        }
        self.inner.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
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

/// The sentence with this key in the language of the interface. Only inside components and their handlers.
pub fn say(key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
    let texts = consume_context::<crate::state::State>().texts;
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
