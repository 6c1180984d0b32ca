//! Everything a person reads stands in `assets/translations`, in English and in German, and nothing else does.
//!
//! The code is read as text: which keys it asks for, with which values, and whether a sentence stands in it. Keys that are
//! put together while the program runs belong to a family below, with all its members.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use onionskin::preferences::{Accent, Mode, NotificationContent, Theme};
use onionskin::state::error_name;
use onionskin::text::{LANGUAGES, Texts};
use onionskin_core::ErrorKind;

/// Keys that are put together: what the code formats, and everything it can become.
fn families() -> Vec<(&'static str, Vec<String>)> {
    let names = |names: Vec<&str>, pattern: &'static str| {
        let keys = names.into_iter().map(|name| pattern.replace('*', name)).collect();
        (pattern, keys)
    };
    let contents = || NotificationContent::ALL.iter().map(|content| content.name()).collect();
    let modes = Mode::ALL.iter().filter(|mode| **mode != Mode::System);
    let papers = Theme::ALL.iter().map(|theme| theme.name()).chain(modes.map(|mode| mode.name())).collect();
    let days = || vec!["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let months =
        (1..=12).flat_map(|month| [format!("when-month-{month}"), format!("when-month-short-{month}")]).collect();
    let failures = vec!["rejected", "expired", "too-large", "not-allowed", "clock", "other"];
    vec![
        names(KINDS.iter().map(|kind| error_name(*kind)).collect(), "error-*"),
        names(contents(), "notifications-*"),
        names(contents(), "notifications-*-hint"),
        names(papers, "appearance-*"),
        names(Accent::ALL.iter().map(|ink| ink.name()).collect(), "appearance-ink-*"),
        names(vec!["building", "broken"], "path-hop-*"),
        names(failures, "failure-*"),
        names(vec!["1h", "2h", "1d", "1w", "forever"], "mute-for-*"),
        names(days(), "when-*"),
        names(days(), "when-short-*"),
        names(vec!["when-date", "when-date-short"], "*-year"),
        ("when-month-**", months),
    ]
}

/// What can go wrong.
const KINDS: &[ErrorKind] = &[
    ErrorKind::Offline,
    ErrorKind::GuardUnreachable,
    ErrorKind::PathBroken,
    ErrorKind::SwarmRejected,
    ErrorKind::ServerRejected,
    ErrorKind::ClockWrong,
    ErrorKind::TooLarge,
    ErrorKind::NotFound,
    ErrorKind::NotAllowed,
    ErrorKind::InvalidInput,
    ErrorKind::WrongRecoveryPassword,
    ErrorKind::UnreadableMessage,
    ErrorKind::StorageFull,
    ErrorKind::DatabaseDamaged,
    ErrorKind::DatabaseEmpty,
    ErrorKind::DatabaseMissing,
    ErrorKind::DatabaseForeign,
    ErrorKind::KeyMissing,
    ErrorKind::InUse,
    ErrorKind::ReadOnly,
    ErrorKind::PathTooLong,
    ErrorKind::NothingReadable,
    ErrorKind::SeedUnreadable,
    ErrorKind::WrongKey,
    ErrorKind::NewerVersionNeeded,
    ErrorKind::Bug,
];

/// Texts that are the same in both languages, and why that is right.
const SAME_IN_BOTH: &[(&str, &str)] = &[
    ("about-version", "the same word"),
    ("accounts-title", "the same word"),
    ("appearance-percent", "a unit"),
    ("bubble-theirs", "a name and a time"),
    ("composer-emoji", "the same word"),
    ("key-escape", "what stands on the key"),
    ("milliseconds", "a unit"),
    ("network-name", "the same word"),
    ("notice-to", "names alone"),
    ("notifications-sample-name", "a name"),
    ("passphrase", "the same word"),
    ("path-millis", "a unit"),
    ("profile-name", "the same word"),
    ("reaction-label", "a name and a number"),
    ("size-kilobytes", "a unit"),
    ("size-megabytes", "a unit"),
    ("when-clock", "digits alone"),
    ("when-day", "two texts beside each other"),
    ("when-month-4", "the same word"),
    ("when-month-8", "the same word"),
    ("when-month-9", "the same word"),
    ("when-month-11", "the same word"),
];

/// Texts in the code that look like sentences and are none that a person reads on a screen.
const NO_SENTENCES: &[(&str, &str)] = &[
    ("Onionskin", "the name of the program"),
    ("English", "a language's own name"),
    ("Deutsch", "a language's own name"),
    ("Ctrl", "a key inside the code; the sheet of keys translates it"),
    ("Alt", "a key inside the code; the sheet of keys translates it"),
    ("Shift", "a key inside the code; the sheet of keys translates it"),
    ("Enter", "a key inside the code; the sheet of keys translates it"),
    ("Esc", "a key inside the code; the sheet of keys translates it"),
];

/// Files whose texts are not for screens: the command line speaks before a language is known, the page's policy to browsers,
/// others to the desktop.
const NO_SCREENS: &[&str] = &["options.rs", "main.rs", "page.rs", "autostart.rs", "single.rs", "tray.rs"];

#[test]
fn both_languages_have_the_same_keys_attributes_and_variables() {
    let all: Vec<_> = LANGUAGES.iter().map(|(tag, _, files)| (*tag, messages(&files.concat()))).collect();
    let [(_, english), (_, german)] = &all[..] else { panic!("two languages") };
    let missing: Vec<_> = english.keys().filter(|key| !german.contains_key(*key)).collect();
    assert!(missing.is_empty(), "not in German: {missing:?}");
    let missing: Vec<_> = german.keys().filter(|key| !english.contains_key(*key)).collect();
    assert!(missing.is_empty(), "not in English: {missing:?}");
    for (key, text) in english {
        assert_eq!(variables(text), variables(&german[key]), "the variables of {key}");
    }
}

#[test]
fn no_key_is_defined_twice() {
    for (tag, _, files) in LANGUAGES {
        let keys: Vec<String> = files.iter().flat_map(|file| messages(file).into_keys()).collect();
        let lines = files.concat().lines().filter(|line| is_message(line)).count();
        let different: BTreeSet<_> = keys.iter().filter(|key| !key.contains('.')).collect();
        assert_eq!(different.len(), lines, "{tag} says something twice");
    }
}

#[test]
fn every_key_in_the_code_exists_and_no_key_is_unused() {
    let texts = messages(&LANGUAGES[0].2.concat());
    let code = literals_of_the_code();
    let (families, mut wrong) = (families(), Vec::new());
    for literal in &code {
        let asked = is_call(&literal.before, &["t!(", "say("]);
        let formatted = is_call(&literal.before, &["t!(&format!(", "say(&format!("]);
        if formatted && !families.iter().any(|(pattern, _)| *pattern == stars(&literal.text)) {
            wrong.push(format!("{literal}: no family of this test"));
        }
        if asked && !texts.contains_key(&literal.text) {
            wrong.push(format!("{literal}: no such key"));
        }
        if asked && let Some(text) = texts.get(&literal.text) {
            let given = if literal.before.ends_with("t!(") { arguments(&literal.after) } else { pairs(&literal.after) };
            if given != variables(text) {
                wrong.push(format!("{literal}: given {given:?}, the text wants {:?}", variables(text)));
            }
        }
    }
    for (pattern, keys) in &families {
        wrong.extend(keys.iter().filter(|key| !texts.contains_key(*key)).map(|key| format!("{pattern}: no key {key}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let said: BTreeSet<&str> = code.iter().map(|literal| literal.text.as_str()).collect();
    let joined: BTreeSet<&str> = families.iter().flat_map(|(_, keys)| keys.iter().map(String::as_str)).collect();
    let unused: Vec<_> =
        texts.keys().filter(|key| !said.contains(key.as_str()) && !joined.contains(key.as_str())).collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}

#[test]
fn german_is_german() {
    let (english, german) = (Texts::new("en"), Texts::new("de"));
    let mut same = Vec::new();
    for (key, text) in messages(&LANGUAGES[0].2.concat()) {
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
        let listed = SAME_IN_BOTH.iter().any(|(known, _)| *known == key);
        let is_same = english.say(&key, &[]) == german.say(&key, &[]);
        if is_same && letters > 0 && !listed {
            same.push(format!("{key} = {text}"));
        }
        assert!(is_same || !listed, "{key} differs by now");
    }
    assert!(same.is_empty(), "the same in both languages:\n{}", same.join("\n"));
    // Familiar, as people speak to each other.
    for (key, text) in messages(&LANGUAGES[1].2.concat()) {
        let formal = text.split(|letter: char| !letter.is_alphabetic()).any(|word| word == "Ihnen");
        assert!(!formal, "{key} is formal: {text}");
    }
}

#[test]
fn no_sentence_stands_in_the_code() {
    let styles = read_all(&root().join("assets/styles"), "css").into_iter().map(|(_, text)| text).collect::<String>();
    let found: Vec<String> = literals_of_the_code()
        .iter()
        .filter(|literal| is_sentence(literal, &styles))
        .map(ToString::to_string)
        .collect();
    assert!(found.is_empty(), "sentences in the code:\n{}", found.join("\n"));
}

#[test]
fn a_planted_sentence_and_a_planted_key_are_found() {
    let code = r##"
        //! "Not this one."
        rsx! {
            p { class: "lead wide", title: "Send", {t!("home-title", count = rows.len(), name = name(a, "b"))} }
            svg { path { d: "M6 80V42" } }
            span { "no letters yet" }
            span { "{count} new" }
        }
        tracing::warn!(?error, "An account did not open");
        let both = r#"Send it"#;
        #[cfg(test)]
        mod tests { const X: &str = "In a test"; }
    "##;
    let literals = literals(Path::new("planted.rs"), code);
    let sentences: Vec<_> = literals.iter().filter(|literal| is_sentence(literal, ".lead {} .wide {}")).collect();
    let sentences: Vec<_> = sentences.iter().map(|literal| literal.text.as_str()).collect();
    assert_eq!(sentences, ["Send", "no letters yet", "{count} new", "Send it"]);
    let key = literals.iter().find(|literal| literal.text == "home-title").unwrap();
    assert!(key.before.ends_with("t!("));
    assert_eq!(arguments(&key.after), ["count", "name"].map(str::to_owned).into());
    assert_eq!(stars("error-{error_name(kind)}-x"), "error-*-x");
    assert_eq!(
        pairs(r#", &[("hour", at.hour()), ("minute", format!("{:02}", 1))])"#),
        ["hour", "minute"].map(str::to_owned).into()
    );
    assert!(is_call("{t!(", &["t!("]) && !is_call("format!(", &["t!("]));
}

/// A text in the code, and what stands around it.
struct Literal {
    file: PathBuf,
    line: usize,
    text: String,
    /// The code before it, without comments and blanks.
    before: String,
    /// The code after it, as it is.
    after: String,
}

impl std::fmt::Display for Literal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}: {:?}", self.file.display(), self.line, self.text)
    }
}

/// Whether a person could read this on a screen: two words, or one that begins like a sentence.
fn is_sentence(literal: &Literal, styles: &str) -> bool {
    let text = &literal.text;
    let name = literal.file.file_name().unwrap().to_string_lossy();
    if NO_SCREENS.contains(&&*name) || NO_SENTENCES.iter().any(|(known, _)| known == text) {
        return false;
    }
    // What is not for people: drawings, scripts, the log, errors of core, proofs.
    let statement = literal.before.rsplit([';', '}']).next().unwrap_or_default();
    let value_of =
        literal.before.rsplit(|c: char| !(c.is_alphanumeric() || "_:#\"-".contains(c))).next().unwrap_or_default();
    let drawing = ["class:", "d:", "transform:", "view_box:", "font_family:", "style:", "accept:", "viewBox:"];
    let machines = [
        "tracing::",
        "Error::new(",
        "Error::bug(",
        "eprintln!(",
        "println!(",
        "eval(",
        "reason=",
        "error(",
        "expect(",
        "write(",
    ];
    if drawing.contains(&value_of) || machines.iter().any(|call| statement.contains(call)) {
        return false;
    }
    if text.contains("onionskin.") || text.contains("dioxus.send") {
        return false;
    }
    // Names of classes, ids and places in drawings are lower case and known to the styles.
    let is_class = |word: &str| styles.contains(&format!(".{word}")) || word.starts_with('{');
    if text.split(' ').all(|word| word.is_empty() || is_class(word)) {
        return false;
    }
    let words: Vec<&str> = text.split(' ').collect();
    let is_word = |word: &str| {
        let letters = word.trim_matches(|c: char| ".,:;?!()“”„…".contains(c));
        letters.chars().count() > 1 && letters.chars().all(char::is_alphabetic)
    };
    let two = words.windows(2).any(|pair| {
        let hole = |word: &str| word.starts_with('{') && word.ends_with('}');
        (is_word(pair[0]) || hole(pair[0]))
            && (is_word(pair[1]) || hole(pair[1]))
            && pair.iter().any(|word| is_word(word))
    });
    let mut letters = text.chars();
    let begins = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
    two || begins && words.iter().all(|word| is_word(word))
}

/// Every text in `app/src`, tests left out.
fn literals_of_the_code() -> Vec<Literal> {
    let files = read_all(&root().join("app/src"), "rs");
    files.iter().filter(|(path, _)| !path.ends_with("tests.rs")).flat_map(|(path, text)| literals(path, text)).collect()
}

fn literals(file: &Path, code: &str) -> Vec<Literal> {
    let code = code
        .find("#[cfg(test)]\n")
        .map_or(code, |at| if code[at..].contains("mod tests") { &code[..at] } else { code });
    let bytes = code.as_bytes();
    let (mut found, mut before, mut at) = (Vec::new(), String::new(), 0);
    while at < bytes.len() {
        let rest = &code[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\''") || rest.starts_with("'\\\\'") {
            at += rest[1..].find('\'').unwrap() + 2;
        } else if rest.starts_with("r#\"") || rest.starts_with("r\"") || bytes[at] == b'"' {
            let (open, close) = match bytes[at] {
                b'r' if bytes[at + 1] == b'#' => (3, "\"#"),
                b'r' => (2, "\""),
                _ => (1, "\""),
            };
            let start = at + open;
            let mut end = start;
            while !code[end..].starts_with(close) {
                end += if open == 1 && bytes[end] == b'\\' { 2 } else { 1 };
                while !code.is_char_boundary(end) {
                    end += 1;
                }
            }
            let line = code[..at].lines().count();
            let (text, after) = (code[start..end].to_owned(), code[end + close.len()..].to_owned());
            found.push(Literal { file: file.to_owned(), line, text: text.clone(), before: before.clone(), after });
            before.push_str(&format!("\"{}\"", text.replace([';', '}'], "")));
            at = end + close.len();
        } else {
            let letter = rest.chars().next().unwrap();
            if !letter.is_whitespace() {
                before.push(letter);
            }
            at += letter.len_utf8();
        }
        // Enough to know what stands before.
        if before.len() > 2_000 {
            before = before.chars().rev().take(500).collect::<Vec<_>>().into_iter().rev().collect();
        }
    }
    found
}

/// The names in `, name = value, other = value)` after a key.
fn arguments(after: &str) -> BTreeSet<String> {
    let (mut names, mut depth, mut text, mut part) = (BTreeSet::new(), 0, false, String::new());
    for letter in after.chars() {
        match letter {
            '"' => text = !text,
            _ if text => (),
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => part.clear(),
            '=' if depth == 0 && part.trim().chars().all(|c| c.is_alphanumeric() || c == '_') => {
                names.insert(part.trim().to_owned());
            }
            _ => part.push(letter),
        }
    }
    names
}

/// Whether the code before a text calls one of these, and not something that ends alike.
fn is_call(before: &str, calls: &[&str]) -> bool {
    calls
        .iter()
        .filter_map(|call| before.strip_suffix(call))
        .any(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The names in `, &[("name", value), ("other", value)])` after a key.
fn pairs(after: &str) -> BTreeSet<String> {
    let list = after.trim_start().trim_start_matches(',').trim_start();
    let (mut depth, mut end) = (0, 0);
    for (at, letter) in list.char_indices().skip(1) {
        match letter {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            _ => (),
        }
        if depth == 0 {
            end = at;
            break;
        }
    }
    let names = list[..end].split("(\"").skip(1).filter_map(|pair| pair.split_once("\",")).map(|(name, _)| name);
    names.filter(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_')).map(str::to_owned).collect()
}

/// A format's holes as stars.
fn stars(format: &str) -> String {
    let mut parts = format.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |pattern, part| format!("{pattern}*{}", part.split_once('}').map_or("", |(_, rest)| rest)))
}

/// Keys and texts of a file; attributes as `key.attribute`.
fn messages(file: &str) -> BTreeMap<String, String> {
    let (mut messages, mut key, mut message) = (BTreeMap::new(), String::new(), String::new());
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        if is_message(line) {
            let (name, text) = line.split_once('=').unwrap();
            message = name.trim().to_owned();
            key = message.clone();
            messages.insert(key.clone(), text.trim().to_owned());
        } else if let Some((name, text)) = line.trim().strip_prefix('.').and_then(|rest| rest.split_once('=')) {
            key = format!("{message}.{}", name.trim());
            messages.insert(key.clone(), text.trim().to_owned());
        } else if let Some(text) = messages.get_mut(&key) {
            text.push_str(line);
        }
    }
    messages
}

fn is_message(line: &str) -> bool {
    line.starts_with(|letter: char| letter.is_ascii_lowercase()) && line.contains('=')
}

/// The values that a text wants.
fn variables(text: &str) -> BTreeSet<String> {
    let parts = text.split('$').skip(1);
    parts.map(|part| part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

fn read_all(folder: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let (mut files, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|known| known == ending) {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    files.sort();
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
