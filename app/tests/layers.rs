//! Who may name what inside the interface: renderers belong to `launch`, systems to `platform`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::path::{Path, PathBuf};

/// A word, and the folders of `app/src` that may use it.
const RULES: &[(&str, &[&str])] = &[
    ("dioxus_desktop", &["launch"]),
    ("dioxus_liveview", &["launch"]),
    ("axum", &["launch"]),
    ("target_os", &["platform", "launch"]),
    ("unsafe ", &["platform"]),
    ("dangerous_inner_html", &[]),
    ("arboard", &["platform"]),
    ("notify_rust", &["platform"]),
    ("webbrowser", &["platform"]),
    ("GlobalSignal", &[]),
];

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
