//! Who may name what inside the interface: imports point downward only, renderers belong to `launch`, systems to
//! `platform`, and nobody forgets a screen.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::{Path, PathBuf};

/// Room -> rooms it may import. A room is a file or a folder of `app/src`. Unit tests may import what they like.
const TABLE: &[(&str, &[&str])] = &[
    ("archive", &[]),
    ("basket", &[]),
    ("desk", &[]),
    ("emoji", &[]),
    ("letter", &[]),
    ("options", &[]),
    ("platform", &[]),
    ("preferences", &["emoji"]),
    ("qr", &[]),
    ("route", &[]),
    ("page", &["preferences"]),
    ("text", &["preferences"]),
    ("when", &["text"]),
    ("notices", &["platform", "preferences", "text"]),
    ("shell", &["basket", "desk", "notices", "options", "platform", "preferences", "route", "text"]),
    ("state", &["page", "preferences", "route", "shell", "text", "when"]),
    ("components", &["qr", "route", "state", "text"]),
    (
        "views",
        &[
            "archive",
            "basket",
            "components",
            "desk",
            "emoji",
            "letter",
            "notices",
            "platform",
            "preferences",
            "qr",
            "route",
            "shell",
            "state",
            "text",
            "when",
        ],
    ),
    ("launch", &["options", "page", "platform", "shell", "state", "views"]),
];

/// Rooms of `views` -> rooms of `views` they may import. What frames them all (`views/mod.rs`) may import each.
const VIEWS: &[(&str, &[&str])] = &[
    ("stages", &[]),
    ("overlay", &[]),
    ("passphrase", &[]),
    ("people", &[]),
    ("mute", &[]),
    ("first_run", &["passphrase"]),
    ("trouble", &[]),
    ("home", &["first_run", "mute", "people", "trouble"]),
    ("conversation", &["first_run", "home", "mute", "people"]),
    ("settings", &["first_run", "home", "passphrase", "trouble"]),
];

/// A word, and the folders of `app/src` that may use it.
const RULES: &[(&str, &[&str])] = &[
    ("dioxus_desktop", &["launch"]),
    ("dioxus_liveview", &["launch"]),
    ("axum", &["launch"]),
    ("target_os", &["platform", "launch"]),
    ("unsafe ", &["platform"]),
    ("dangerous_inner_html", &[]),
    ("arboard", &["platform"]),
    ("webbrowser", &["platform"]),
    ("zbus", &["launch", "platform"]),
    ("GlobalSignal", &[]),
];

#[test]
fn every_import_points_downward() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        wrong.extend(violations(&path, &text).into_iter().map(|what| format!("{}: {what}", path.display())));
    }
    assert!(wrong.is_empty(), "imports that point upward or sideways:\n{}", wrong.join("\n"));
    for (place, (room, below)) in TABLE.iter().enumerate() {
        for import in *below {
            assert!(TABLE[..place].iter().any(|(name, _)| name == import), "{room} stands above {import} in the table");
        }
    }
}

#[test]
fn a_planted_import_is_caught() {
    let found = |path: &str, text: &str| violations(Path::new(path), text);
    assert_eq!(found("route.rs", "use crate::shell::Shell;"), ["route imports shell"]);
    assert_eq!(found("text.rs", "let x = crate::state::use_state();"), ["text imports state"]);
    assert_eq!(
        found("notices.rs", "use crate::{\n    platform::{Note, Notify},\n    shell,\n};"),
        ["notices imports shell"]
    );
    assert_eq!(found("options.rs", "if crate::launch::HAS_BROWSER {}"), ["options imports launch"]);
    assert_eq!(found("shell/rescue.rs", "use crate::{t, views};"), ["shell imports views"]);
    assert_eq!(found("when.rs", "$crate::t!(\"x\")"), [] as [&str; 0], "the macro is text's");
    assert_eq!(found("qr/sheet.rs", "{t!(\"x\")} use crate::t;"), ["qr imports text"]);
    assert_eq!(found("attic.rs", "let x = 1;"), ["attic is in no table"]);
    assert_eq!(found("views/home/row.rs", "use crate::views::settings::About;"), ["views/home imports views/settings"]);
    assert_eq!(
        found("views/home/row.rs", "use super::super::settings::About;"),
        ["views/home imports by super::super"]
    );
    let test = "use crate::route::Screen;\n#[cfg(test)]\nmod tests {\n    use crate::options::Options;\n}";
    assert_eq!(found("views/overlay.rs", test), [] as [&str; 0]);
    assert_eq!(found("notices/tests.rs", "use crate::shell::tests::Home;"), [] as [&str; 0]);
    assert_eq!(found("route.rs", "// crate::shell is upstairs"), [] as [&str; 0]);
}

/// A new screen is asked for by the compiler wherever screens are told apart; an arm for the rest would answer for it.
#[test]
fn no_match_over_screens_has_an_arm_for_the_rest() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        // Inside of the type its own name is shorter.
        let text = if path.ends_with("route.rs") { text.replace("Self::", "Screen::") } else { text };
        wrong.extend(loose_matches(&text).into_iter().map(|line| format!("{}:{line}", path.display())));
    }
    assert!(wrong.is_empty(), "screens that nobody is asked for:\n{}", wrong.join("\n"));
    let planted = "fn a() {\n    match screen {\n        Screen::Home => 1,\n        _ => { 2 }\n    }\n}\n";
    assert_eq!(loose_matches(planted), [2]);
    let bound = "match top {\n    Screen::Home if x => one(Screen::Path, |_| 1),\n    other => view(other),\n}\n";
    assert_eq!(loose_matches(bound), [1]);
    assert_eq!(
        loose_matches(&planted.replace("_ => { 2 }", "Screen::Path | Screen::About => match x { _ => 2 }")),
        [0; 0]
    );
    assert_eq!(loose_matches("match frame { Frame::WayIn => push(Screen::Home), _ => 1 }"), [0; 0]);
}

/// rustfmt looks neither into `rsx!` nor into comments.
#[test]
fn a_line_has_at_most_120_characters_unless_it_is_one_long_text() {
    let mut long = Vec::new();
    for (path, text) in sources() {
        long.extend(long_lines(&text).into_iter().map(|line| format!("{}:{line}", path.display())));
    }
    assert!(long.is_empty(), "{} lines are too long:\n{}", long.len(), long.join("\n"));
    assert_eq!(long_lines(&format!("short\n{}", "é ".repeat(61))), [2]);
    assert_eq!(long_lines(&format!("x: \"{}\",", "é".repeat(120))), [0; 0]);
}

#[test]
fn renderers_stay_in_launch_and_systems_in_platform() {
    let broken = breaches(&sources());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_planted_breach_is_found() {
    let planted = vec![("views/home.rs".into(), "use dioxus_desktop::window;\n".to_owned())];
    assert_eq!(breaches(&planted).len(), 1);
}

#[test]
fn fields_are_never_written_from_rust() {
    // A controlled field loses characters; `initial_value` and `onionskin.empty` are the ways.
    for (path, text) in sources() {
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            let allowed = line.starts_with("value: FluentValue")
                || !line.starts_with("value: \"{")
                || path.ends_with("appearance.rs");
            assert!(allowed, "{}:{}: {line}", path.display(), at + 1);
        }
    }
}

/// What `text`, the file at `path` below `app/src`, imports that it must not.
fn violations(path: &Path, text: &str) -> Vec<String> {
    let parts: Vec<String> =
        path.iter().map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned()).collect();
    let room = parts[0].as_str();
    if ["lib", "main"].contains(&room) || path.ends_with("tests.rs") {
        return Vec::new();
    }
    let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{room} is in no table")];
    };
    let code = product(text);
    let mut found = Vec::new();
    for target in paths_behind("crate::", &code) {
        let target = if target == "t" { "text" } else { target.as_str() };
        if target != room && !allowed.contains(&target) {
            found.push(format!("{room} imports {target}"));
        }
    }
    let view = parts.get(1).and_then(|part| VIEWS.iter().find(|(name, _)| name == part));
    if let ("views", Some((view, allowed))) = (room, view) {
        for target in paths_behind("crate::views::", &code) {
            if target != *view && !allowed.contains(&target.as_str()) {
                found.push(format!("views/{view} imports views/{target}"));
            }
        }
        if code.contains("super::super") {
            found.push(format!("views/{view} imports by super::super"));
        }
    }
    found.dedup();
    found
}

/// The part of a file before its unit tests, without comments.
fn product(text: &str) -> String {
    let product = text.split("#[cfg(test)]\nmod").next().unwrap();
    product.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// First segments behind every `prefix`, also inside a braced list.
fn paths_behind(prefix: &str, code: &str) -> Vec<String> {
    let name = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => found.push(name(rest)),
            Some(list) => found.extend(pieces(list, ',').into_iter().map(|(_, piece)| name(piece))),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The parts between `separator` up to the bracket that closes what `text` begins in, not looking into brackets; and
/// where each begins.
fn pieces(text: &str, separator: char) -> Vec<(usize, &str)> {
    let (mut depth, mut start, mut found) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' if depth == 0 => {
                found.push((start, &text[start..at]));
                break;
            }
            '}' | ')' | ']' => {
                depth -= 1;
                // An arm with a body in braces needs no comma.
                if depth == 0 && c == '}' && separator == ',' && text[start..at].contains("=>") {
                    found.push((start, &text[start..=at]));
                    start = at + 1;
                }
            }
            _ if c == separator && depth == 0 => {
                found.push((start, &text[start..at]));
                start = at + c.len_utf8();
            }
            _ => (),
        }
    }
    found
}

/// The lines of matches over screens that have an arm for every other one.
fn loose_matches(text: &str) -> Vec<usize> {
    let code = product(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("match ") {
        let Some(body) = code[at..].find('{').map(|open| &code[at + open + 1..]) else { continue };
        let arms: Vec<&str> = pieces(body, ',').into_iter().map(|(_, arm)| arm.trim()).collect();
        let patterns = || arms.iter().filter_map(|arm| Some(arm.split_once("=>")?.0.trim()));
        let over_screens = patterns().any(|pattern| {
            let first = pattern.trim_start_matches(['|', '(', '&', ' ']);
            first.starts_with("Screen::") || first.contains("@ (Screen::") || first.contains("@ Screen::")
        });
        let for_the_rest = |pattern: &str| {
            pattern.chars().all(|c| c == '_' || c.is_lowercase() || c.is_numeric()) && !pattern.is_empty()
        };
        if over_screens && patterns().any(for_the_rest) {
            found.push(code[..at].lines().count().max(1));
        }
    }
    found
}

/// The lines that are longer than they may be and could be broken: not those of which a text alone takes most.
fn long_lines(text: &str) -> Vec<usize> {
    let is_text = |line: &str| {
        let (line, is_long) = (line.replace("\\\"", "'"), |part: &str| part.chars().count() > 80);
        line.split('"').skip(1).step_by(2).any(is_long) || line.split_whitespace().any(is_long)
    };
    let lines = text.lines().enumerate();
    lines.filter(|(_, line)| line.chars().count() > 120 && !is_text(line)).map(|(at, _)| at + 1).collect()
}

fn breaches(files: &[(PathBuf, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        let folder = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        for (at, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for (word, folders) in RULES {
                if code.contains(word) && !folders.contains(&folder.as_str()) {
                    found.push(format!("{}:{}: {word}", path.display(), at + 1));
                }
            }
        }
    }
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, root: &Path, files: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, root, files);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push((path.strip_prefix(root).unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &root, &mut files);
    files
}
