//! The page that every launcher shows: styles, icons and the script are embedded, nothing is fetched.

use crate::preferences::Preferences;

/// All styles, in their order.
const STYLES: &[&str] = &[
    include_str!("../../assets/styles/tokens.css"),
    include_str!("../../assets/styles/ground.css"),
    include_str!("../../assets/styles/controls.css"),
    include_str!("../../assets/styles/avatars.css"),
    include_str!("../../assets/styles/lists.css"),
    include_str!("../../assets/styles/conversation.css"),
    include_str!("../../assets/styles/pick.css"),
    include_str!("../../assets/styles/letters.css"),
    include_str!("../../assets/styles/veil.css"),
    include_str!("../../assets/styles/sheet.css"),
    include_str!("../../assets/styles/emoji.css"),
    include_str!("../../assets/styles/forms.css"),
    include_str!("../../assets/styles/first_run.css"),
    include_str!("../../assets/styles/account_id.css"),
    include_str!("../../assets/styles/path.css"),
    include_str!("../../assets/styles/recovery.css"),
    include_str!("../../assets/styles/appearance.css"),
    include_str!("../../assets/styles/settings.css"),
    include_str!("../../assets/styles/people.css"),
    include_str!("../../assets/styles/panes.css"),
    include_str!("../../assets/styles/narrow.css"),
];

/// The icons, as one sheet of symbols.
const ICONS: &str = include_str!("../../assets/icons.svg");

const PAGE: &str = include_str!("../../assets/page/page.html");

/// The parts of the script, each after those that it uses.
const PARTS: &[&str] = &[
    include_str!("../../assets/page/doors.js"),
    include_str!("../../assets/page/looks.js"),
    include_str!("../../assets/page/keys.js"),
    include_str!("../../assets/page/press.js"),
    include_str!("../../assets/page/swipe.js"),
    include_str!("../../assets/page/composer.js"),
    include_str!("../../assets/page/veil.js"),
    include_str!("../../assets/page/list.js"),
    include_str!("../../assets/page/files.js"),
    include_str!("../../assets/page/screens.js"),
    include_str!("../../assets/page/found.js"),
    include_str!("../../assets/page/history.js"),
    include_str!("../../assets/page/wheel.js"),
    include_str!("../../assets/page/page.js"),
];

/// The script of the page: its parts in one function, closed to everything else.
pub fn script() -> String {
    format!("\"use strict\";\n(() => {{\n{}}})();\n", PARTS.concat())
}

/// The page for these preferences. `policy` is the launcher's Content-Security-Policy; `nonce` marks our own script
/// where the launcher's other scripts bear it too.
pub fn page(preferences: &Preferences, language: &str, policy: &str, nonce: Option<&str>) -> String {
    let nonce = nonce.map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default();
    let head = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<style>{}</style>\n<script{nonce}>{}</script>",
        STYLES.concat(),
        script()
    );
    let root = format!(
        "<html lang=\"{language}\" data-theme=\"{}\" data-wanted=\"{}\" data-mode=\"light\" data-accent=\"{}\" style=\"--text-scale: {}\">",
        preferences.theme.name(),
        preferences.mode.name(),
        preferences.accent.name(),
        scale(preferences),
    );
    PAGE.replace("<html lang=\"en\">", &root).replace("<!-- head -->", &head).replace("<!-- icons -->", ICONS)
}

/// What both policies have in common: nothing but what is embedded.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; font-src 'none'; \
     frame-src 'none'; worker-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'";

/// The call that gives the page these looks.
pub fn looks(preferences: &Preferences, language: &str) -> String {
    format!(
        "onionskin.looks('{}', '{}', '{}', {}, '{language}')",
        preferences.theme.name(),
        preferences.mode.name(),
        preferences.accent.name(),
        scale(preferences),
    )
}

fn scale(preferences: &Preferences) -> String {
    format!("{:.2}", f64::from(preferences.text_percent) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_fetches_nothing() {
        let page = page(&Preferences::default(), "en", POLICY, None);
        let without_names = page.replace("http://www.w3.org/2000/svg", "").replace("xmlns='http", "");
        for forbidden in ["http://", "https://", "url(//", "@import", "<link"] {
            let rest = without_names.split(forbidden).nth(1).map(|rest| rest.chars().take(40).collect::<String>());
            assert_eq!(rest, None, "{forbidden}");
        }
        assert!(page.contains("Content-Security-Policy") && page.contains("id=\"i-back\""));
    }
}
