//! A link, looked at before it opens: where it really leads, and what is odd about it.
//!
//! A host in other letters is shown as the network knows it and as it is written. It is odd when a part of it mixes
//! scripts that nobody mixes, or looks like a name in Latin letters: Unicode Technical Standard 39 says which do.

use dioxus::prelude::*;
use unicode_security::confusable_detection::skeleton;
use unicode_security::restriction_level::{RestrictionLevel, RestrictionLevelDetection as _};
use url::{Host, Url};

use crate::components::{Icon, copy};
use crate::state::use_state;
use crate::t;
use crate::text::plain;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The host as the network knows it: letters of other scripts show as `xn--`. For mail, the address.
    pub host: String,
    /// The same as people write it, where that is different.
    pub written: Option<String>,
    /// The whole address, with everything unusual written out.
    pub address: String,
    /// It opens a mail program.
    pub mail: bool,
    /// What is odd about it.
    pub warnings: Vec<Warning>,
}

/// Something that links to impostors have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// What looks like the beginning of the address is a name to log in with.
    UserInfo,
    /// A bare number instead of a name.
    Number,
    /// Letters that look like others.
    LookAlike,
    /// Letters of several scripts beside each other.
    Mixed,
    /// Everybody on the way can read along.
    NotEncrypted,
}

/// Reads an address; `None` for what no browser or mail program should open.
pub fn inspect(address: &str) -> Option<Target> {
    let url = Url::parse(address.trim()).ok()?;
    let mail = match url.scheme() {
        "http" | "https" => false,
        "mailto" => true,
        _ => return None,
    };
    if mail {
        let host = url.path().to_owned();
        let odd = host.contains('%') || !host.is_ascii();
        let warnings = if odd { vec![Warning::LookAlike] } else { Vec::new() };
        let address = url.to_string();
        return (!host.is_empty()).then_some(Target { host, written: None, address, mail, warnings });
    }
    let mut warnings = Vec::new();
    if !url.username().is_empty() || url.password().is_some() {
        warnings.push(Warning::UserInfo);
    }
    let mut written = None;
    match url.host()? {
        Host::Domain(name) if name.split('.').any(|part| part.starts_with("xn--")) => {
            let (shown, readable) = idna::domain_to_unicode(name);
            warnings.extend(odd(&shown).or(readable.err().map(|_| Warning::LookAlike)));
            written = Some(plain(&shown));
        }
        Host::Domain(_) => (),
        Host::Ipv4(_) | Host::Ipv6(_) => warnings.push(Warning::Number),
    }
    if url.scheme() == "http" {
        warnings.push(Warning::NotEncrypted);
    }
    let host = url.host_str()?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Some(Target { host, written, address: url.to_string(), mail, warnings })
}

/// What is odd about the letters of a host. Its parts are looked at one by one: most end in Latin letters.
fn odd(host: &str) -> Option<Warning> {
    let parts = || host.split('.').filter(|part| !part.is_ascii());
    if parts().any(|part| skeleton(part).all(|letter| letter.is_ascii())) {
        return Some(Warning::LookAlike);
    }
    let mixed = |part: &str| part.detect_restriction_level() > RestrictionLevel::HighlyRestrictive;
    parts().any(mixed).then_some(Warning::Mixed)
}

/// "Open this link?"
#[component]
pub fn LinkDialog(address: String) -> Element {
    let mut state = use_state();
    let target = inspect(&address);
    let mut close = move || state.over.set(None);
    let links = state.shell().platform().links.clone();
    let can_open = links.is_some();
    rsx! {
        div { class: "veil over", onclick: move |_| close(),
            div { class: "dialog", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "link-title",
                "aria-describedby": "link-host", onclick: move |event| event.stop_propagation(),
                match target {
                    None => rsx! {
                        h2 { id: "link-title", {t!("link-refused-title")} }
                        p { id: "link-host", {t!("link-refused-text")} }
                        p { class: "address mono", dir: "ltr", {shortened(&address)} }
                        div { class: "btns",
                            button { class: "btn main", r#type: "button", id: "link-no", "data-escape": "true",
                                onclick: move |_| close(),
                                {t!("close")}
                            }
                        }
                    },
                    Some(target) => {
                        let (for_opening, for_copy) = (target.address.clone(), target.address.clone());
                        rsx! {
                            Leads { target }
                            div { class: "btns",
                                if can_open {
                                    button { class: "btn main", r#type: "button", id: "link-open",
                                        onclick: move |_| {
                                            close();
                                            if !links.as_ref().is_some_and(|links| links.open(&for_opening)) {
                                                state.say(t!("link-not-opened"));
                                            }
                                        },
                                        {t!("link-open")}
                                    }
                                }
                                button { class: if can_open { "btn line" } else { "btn main" }, r#type: "button",
                                    id: "link-copy",
                                    onclick: move |_| { copy(state, &for_copy); close(); },
                                    {t!("link-copy")}
                                }
                                button { class: "btn plain", r#type: "button", id: "link-no", "data-escape": "true",
                                    onclick: move |_| close(),
                                    {t!("link-no")}
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Where it really leads, and what is odd about that.
#[component]
fn Leads(target: Target) -> Element {
    rsx! {
        h2 { id: "link-title", if target.mail { {t!("link-mail-title")} } else { {t!("link-title")} } }
        p { class: "host mono", id: "link-host", dir: "ltr", "{target.host}" }
        if let Some(written) = target.written {
            p { class: "hint", {t!("link-written", name = written)} }
        }
        for warning in target.warnings {
            p { class: "wrong warn",
                Icon { name: "warning", small: true }
                span {
                    match warning {
                        Warning::UserInfo => t!("link-user-info", host = target.host.as_str()),
                        Warning::Number => t!("link-number"),
                        Warning::LookAlike => t!("link-look-alike"),
                        Warning::Mixed => t!("link-mixed"),
                        Warning::NotEncrypted => t!("link-not-encrypted"),
                    }
                }
            }
        }
        p { class: "address mono", dir: "ltr", tabindex: "0", "{target.address}" }
        if !target.mail {
            p { class: "hint", {t!("link-explained")} }
        }
    }
}

fn shortened(address: &str) -> String {
    let mut shown: String = address.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    if address.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Characters of a refused address that are shown.
const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn host(address: &str) -> Option<(String, Vec<Warning>)> {
        inspect(address).map(|target| (target.host, target.warnings))
    }

    #[test]
    fn the_real_host_is_shown_whatever_the_address_looks_like() {
        let plain: Vec<Warning> = Vec::new();
        for (address, expected, warnings) in [
            ("https://example.org/a?b#c", "example.org", plain.clone()),
            ("HTTPS://EXAMPLE.org", "example.org", plain.clone()),
            ("https://bank.example@evil.example/login", "evil.example", vec![Warning::UserInfo]),
            ("https://bank.example:pw@evil.example", "evil.example", vec![Warning::UserInfo]),
            ("https://аррӏе.com/", "xn--80ak6aa92e.com", vec![Warning::LookAlike]),
            ("https://0x7f.1/", "127.0.0.1", vec![Warning::Number]),
            ("https://2130706433/", "127.0.0.1", vec![Warning::Number]),
            ("https://[::1]:8443/", "[::1]:8443", vec![Warning::Number]),
            ("http://example.org:8080/", "example.org:8080", vec![Warning::NotEncrypted]),
            ("https:/\\evil.example\\@good.example", "evil.example", plain.clone()),
            ("https://good.example\u{2044}evil.example", "", plain),
        ] {
            let found = host(address);
            if expected.is_empty() {
                // Refused, or shown as what it is.
                assert!(found.is_none_or(|(host, _)| host.contains("xn--")), "{address}");
            } else {
                assert_eq!(found, Some((expected.to_owned(), warnings)), "{address}");
            }
        }
    }

    #[test]
    fn a_host_in_other_letters_is_odd_only_when_it_looks_like_another_or_mixes_scripts() {
        for (address, written, warnings) in [
            ("https://bücher.example/", "bücher.example", vec![]),
            ("https://пример.example/", "пример.example", vec![]),
            ("https://例え.example/", "例え.example", vec![]),
            ("https://аррӏе.com/", "аррӏе.com", vec![Warning::LookAlike]),
            ("https://pаypal.example/", "pаypal.example", vec![Warning::LookAlike]),
            ("https://www.gοοgle.example/", "www.gοοgle.example", vec![Warning::LookAlike]),
            ("https://пример-bücher.example/", "пример-bücher.example", vec![Warning::Mixed]),
        ] {
            let target = inspect(address).unwrap();
            assert_eq!((target.written.as_deref(), target.warnings), (Some(written), warnings), "{address}");
            assert!(target.host.contains("xn--"), "{address}");
        }
        assert_eq!(inspect("https://example.org/").unwrap().written, None);
    }

    #[test]
    fn the_whole_address_hides_nothing() {
        let target = inspect("https://example.org/\u{202e}gpj.exe?q=\u{200b}").unwrap();
        assert!(target.address.is_ascii(), "{}", target.address);
    }

    #[test]
    fn only_web_and_mail_open() {
        assert!(
            inspect("mailto:ana@example.org").is_some_and(|target| target.mail && target.host == "ana@example.org")
        );
        for address in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "ftp://example.org",
            "session:05",
            "example.org",
            "//example.org",
            "",
            "https://",
            "mailto:",
            "vbscript:x",
            "blob:https://example.org/1",
        ] {
            assert_eq!(inspect(address), None, "{address}");
        }
    }
}
