//! Addresses in what people write: of the web with and without their scheme, and of mail.
//!
//! An address ends at a blank, at a mark that sentences of its script end with, and before a closing bracket or
//! quotation mark that was not opened inside of it. Its letters may be of any script. Without a scheme a name has to
//! end in a top-level name that exists (`assets/top-level-names.txt`) and must not look like a file or like two
//! sentences without a blank. Nothing is opened here: whoever clicks sees first where it leads.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use url::Url;

/// An address and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What it leads to, with its scheme.
    pub address: String,
}

/// All addresses of a text, in their order; none lies in another.
pub fn links(text: &str) -> Vec<Link> {
    let (mut found, mut at, mut before) = (Vec::new(), 0, None);
    while let Some(here) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match link_at(here, before) {
            Some((length, address)) => {
                found.push(Link { range: at..at + length, address });
                length
            }
            None => word(here),
        };
        before = here.get(..length).and_then(|past| past.chars().next_back());
        at += length;
    }
    found
}

/// The address at the beginning of `text`: how long it is, and where it leads.
fn link_at(text: &str, before: Option<char>) -> Option<(usize, String)> {
    let scheme = SCHEMES.iter().find(|scheme| begins(text, scheme));
    if let Some(scheme) = scheme
        && before.is_none_or(|before| !before.is_ascii_alphanumeric())
    {
        return with_scheme(text, scheme);
    }
    let first = text.chars().next()?;
    let fresh = match before {
        None => true,
        // Scripts without blanks: an address begins where they end.
        Some(before) if is_unspaced(before) => !is_unspaced(first),
        Some(before) => !is_name(before) && !JOINS.contains(before),
    };
    if !fresh {
        return None;
    }
    mail(text).or_else(|| bare(text, begins(text, WWW)))
}

fn with_scheme(text: &str, scheme: &str) -> Option<(usize, String)> {
    // Cheap first: without a name nothing is looked at further.
    text.get(scheme.len()..)?.chars().next().filter(|first| is_name(*first) || *first == '[')?;
    let whole = text.get(..ends_at(text)?)?;
    let rest = whole.get(scheme.len()..)?;
    if scheme == MAILTO {
        mail(rest)?;
        return Some((whole.len(), whole.to_owned()));
    }
    let host = rest.get(..rest.find(['/', '?', '#', ':', '@']).unwrap_or(rest.len()))?;
    let length = tail(host).map_or(whole.len(), |host| scheme.len() + host);
    let address = whole.get(..length)?;
    let url = Url::parse(address).ok()?;
    url.host_str().filter(|host| !host.is_empty())?;
    Some((length, address.to_owned()))
}

/// Where a name ends because letters of a script without blanks follow its top-level name; `None` where none do.
fn tail(name: &str) -> Option<usize> {
    let last = name.rfind('.')? + 1;
    let label = name.get(last..)?;
    let ascii = label.find(|c: char| !c.is_ascii()).filter(|ascii| *ascii > 0)?;
    let follows = label.get(ascii..)?.chars().all(is_unspaced);
    (follows && exists(label.get(..ascii)?)).then_some(last + ascii)
}

/// An address without a scheme: a name, perhaps a port, perhaps what follows.
fn bare(text: &str, www: bool) -> Option<(usize, String)> {
    let name = text.get(..text.find(|c: char| !is_name(c)).unwrap_or(text.len()))?;
    let name = match tail(name) {
        Some(end) => name.get(..end)?,
        None => name.trim_end_matches(['.', '-', '_']),
    };
    // Cheap first: most words are none.
    if name.len() > LONGEST_NAME || !is_host(name, www) {
        return None;
    }
    let whole = text.get(..ends_at(text)?)?;
    let rest = whole.get(name.len()..)?;
    let digits = rest.strip_prefix(':').map_or(0, |port| port.bytes().take_while(u8::is_ascii_digit).count());
    let port = if digits > 0 { digits + 1 } else { 0 };
    let follows = rest.get(port..)?.starts_with(['/', '?', '#']);
    if !www && !follows && !reads_like_one(name) {
        return None;
    }
    let length = if follows { whole.len() } else { name.len() + port };
    let address = format!("https://{}", whole.get(..length)?);
    Url::parse(&address).ok()?;
    Some((length, address))
}

/// Whether a name could be that of a place in the network.
fn is_host(name: &str, www: bool) -> bool {
    let Some((rest, last)) = name.rsplit_once('.') else { return false };
    let whole = |label: &str| {
        let mixed = label.chars().any(is_unspaced) && label.contains(|c: char| c.is_ascii_alphabetic());
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && !label.contains('_') && !mixed
    };
    rest.split('.').all(whole) && if www { rest.contains('.') && is_top_level(last) } else { exists(last) }
}

/// Whether a name that nothing follows is meant as one: "10.am" and "it.Is" are none, "main.rs" is a file.
fn reads_like_one(name: &str) -> bool {
    let Some((rest, last)) = name.rsplit_once('.') else { return false };
    let sentence = last.starts_with(char::is_uppercase) && last.chars().any(char::is_lowercase);
    rest.chars().any(char::is_alphabetic) && !sentence && !FILES.contains(&last.to_lowercase().as_str())
}

/// An address of mail.
fn mail(text: &str) -> Option<(usize, String)> {
    let person = text.get(..text.find(|c: char| !is_mail_name(c))?).filter(|person| !person.is_empty())?;
    let domain = text.get(person.len()..)?.strip_prefix('@')?;
    if person.starts_with('.') || person.ends_with('.') || person.contains("..") {
        return None;
    }
    let domain = domain.get(..domain.find(|c: char| !is_name(c)).unwrap_or(domain.len()))?;
    let domain = match tail(domain) {
        Some(end) => domain.get(..end)?,
        None => domain.trim_end_matches(['.', '-', '_']),
    };
    let (rest, last) = domain.rsplit_once('.')?;
    if domain.len() > LONGEST_NAME || !is_top_level(last) || !rest.split('.').all(|label| !label.is_empty()) {
        return None;
    }
    let length = person.len() + 1 + domain.len();
    Some((length, format!("{MAILTO}{}", text.get(..length)?)))
}

/// Where an address ends that begins with `text`; `None` for one that no program would take.
fn ends_at(text: &str) -> Option<usize> {
    let (mut open, mut end) = (Vec::new(), text.len());
    for (at, c) in text.char_indices().filter(|(_, c)| !c.is_ascii_alphanumeric()) {
        if let Some((_, close)) = PAIRS.iter().find(|(opens, _)| *opens == c) {
            open.push(*close);
        } else if open.last().is_some_and(|close| close.contains(c)) {
            open.pop();
        } else if c.is_whitespace() || c.is_control() || BREAKS.contains(c) || closes(c) || is_full_width_mark(c) {
            end = at;
            break;
        }
        if at > LONGEST {
            return None;
        }
    }
    // A bracket that opens at the end does not belong to the address.
    let trailing = |c: char| TRAILING.contains(c) || PAIRS.iter().any(|(opens, _)| *opens == c);
    text.get(..end).map(|address| address.trim_end_matches(trailing).len()).filter(|length| *length <= LONGEST)
}

fn closes(c: char) -> bool {
    QUOTES.contains(c) || PAIRS.iter().any(|(_, close)| close.contains(c))
}

/// Marks of scripts that set no blank after them.
fn is_full_width_mark(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}'
        | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}' | '\u{fe10}'..='\u{fe19}' | '\u{fe30}'..='\u{fe6f}')
}

/// Letters of scripts that are written without blanks, or that hang endings on a name: Han, Kana, Hangul, Thai and its
/// neighbours.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{3ffff}')
}

/// What the name of a place may be made of; whether it is one, others say.
fn is_name(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    }
    // Signs and pictures, but for the two joiners that names of some scripts need.
    let sign = matches!(c, '\u{a0}'..='\u{bf}' | '\u{2000}'..='\u{200b}' | '\u{200e}'..='\u{2bff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{1f000}'..='\u{1faff}');
    !sign && !c.is_whitespace() && !c.is_control() && !is_full_width_mark(c) && !TRAILING.contains(c)
}

fn is_mail_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '%')
}

/// How many bytes of `text` are one word, in which no address begins; at least one character.
fn word(text: &str) -> usize {
    let Some(first) = text.chars().next() else { return 0 };
    let unspaced = is_unspaced(first);
    text.find(|c: char| !is_name(c) || is_unspaced(c) != unspaced).unwrap_or(text.len()).max(first.len_utf8())
}

fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// Whether it could be a top-level name, existing or not.
fn is_top_level(label: &str) -> bool {
    label.chars().count() >= 2 && (label.chars().all(char::is_alphabetic) || exists(label))
}

/// Whether this top-level name exists.
fn exists(label: &str) -> bool {
    static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| TOP_LEVEL.lines().collect());
    let label = label.to_lowercase();
    label.starts_with("xn--") || NAMES.contains(label.as_str())
}

const MAILTO: &str = "mailto:";
const SCHEMES: &[&str] = &["https://", "http://", MAILTO];
const WWW: &str = "www.";
/// Longest address, in bytes: what every browser takes. A longer one is no link at all, rather than one that was cut.
const LONGEST: usize = 2_000;
/// Longest name of a place, in bytes: 253 in the network's own letters, and room for those of others.
const LONGEST_NAME: usize = 1_000;
/// All top-level names, each on a line.
const TOP_LEVEL: &str = include_str!("../../../assets/top-level-names.txt");
/// Top-level names that files end with: "main.rs" is one unless something follows.
const FILES: &[&str] = &["cc", "md", "mov", "pl", "ps", "py", "rs", "sh", "so", "zip"];

/// Before a name: it goes on, and is none of its own.
const JOINS: &str = "-._@/\\=&#%~+$";
/// Never part of an address: what markup is made of, and marks that turn or hide.
const BREAKS: &str = "<>\"`|\\\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\
    \u{2066}\u{2067}\u{2068}\u{2069}\u{feff}";
/// Part of an address, but never its end: what sentences of any script end with.
const TRAILING: &str = ".,:;!?'*…،؛؟۔।॥։՝·‥。、";
/// Quotation marks: which of them open and which close depends on the language, so each ends an address.
const QUOTES: &str = "“”‘’‟‛«»‹›";
/// What opens, and what may close it.
const PAIRS: &[(char, &str)] = &[
    ('(', ")"),
    ('[', "]"),
    ('{', "}"),
    ('„', "“”"),
    ('‚', "‘’"),
    ('（', "）"),
    ('［', "］"),
    ('｛', "｝"),
    ('「', "」"),
    ('『', "』"),
    ('【', "】"),
    ('《', "》"),
    ('〈', "〉"),
    ('〔', "〕"),
    ('〖', "〗"),
    ('｢', "｣"),
    ('⟨', "⟩"),
    ('⟪', "⟫"),
    ('⟦', "⟧"),
];
