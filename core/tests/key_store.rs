//! The Secret Service vault against a real key store: GNOME Keyring in a D-Bus session of its own, without a screen.
//!
//! `make test` installs what this needs (dbus-daemon, gnome-keyring). The test runs itself a second time inside of that
//! session, because a process finds its session bus in its environment.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs)] // a test may panic

use std::os::unix::fs::DirBuilderExt as _;
use std::process::Command;

use onionskin_core::ErrorKind;
use onionskin_core::store::vault::{KeyVault, SecretServiceVault, TestVault, VaultKind, vault_kind};
use onionskin_core::store::{DatabaseKey, FolderName};

const INSIDE: &str = "ONIONSKIN_TEST_KEY_STORE";

/// The daemon is copied first: the installed file has a capability that containers refuse to start. Its keyring is made
/// with the password on its input, so that nothing is asked on a screen.
const SESSION: &str = r#"
cp "$(command -v gnome-keyring-daemon)" "$HOME/key-store"
printf password | "$HOME/key-store" --unlock --components=secrets >/dev/null
# It says that it runs before it can be asked. 20 seconds are far more than it needs.
tries=0
until dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \
    org.freedesktop.DBus.GetNameOwner string:org.freedesktop.secrets >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 400 ] || { echo "nobody owns org.freedesktop.secrets" >&2; exit 1; }
    sleep 0.05
done
"$1" --exact a_real_key_store_keeps_the_wrapping_key --nocapture
"#;

#[test]
fn a_real_key_store_keeps_the_wrapping_key() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if std::env::var_os(INSIDE).is_some() {
        return runtime.block_on(inside());
    }
    let home = tempfile::tempdir().unwrap();
    std::fs::DirBuilder::new().mode(0o700).create(home.path().join("run")).unwrap();
    let status = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", SESSION, "sh"])
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, "1")
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path().join("run"))
        .env("XDG_DATA_HOME", home.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .status()
        .expect("dbus-run-session starts (Debian package dbus-daemon)");
    assert!(status.success(), "the test inside of the session failed (Debian package gnome-keyring installed?)");
}

async fn inside() {
    let vault = SecretServiceVault::new();
    assert!(vault.is_available().await, "the key store answers");
    let (mine, other) = (FolderName::random(), FolderName::random());
    let (key, other_key) = (DatabaseKey::random(), DatabaseKey::random());
    let record = vault.wrap(&mine, &key).await.unwrap();
    let other_record = vault.wrap(&other, &other_key).await.unwrap();
    assert_eq!(vault_kind(&record).unwrap(), VaultKind::SecretService);
    assert!(!record.windows(32).any(|bytes| bytes == key.as_bytes()), "the record does not hold the key");
    assert_eq!(vault.unwrap(&mine, &record).await.unwrap().as_bytes(), key.as_bytes());
    assert_eq!(vault.unwrap(&other, &other_record).await.unwrap().as_bytes(), other_key.as_bytes());
    assert_eq!(vault.unwrap(&mine, &other_record).await.unwrap_err().kind(), ErrorKind::WrongKey);
    let test = TestVault::new([5; 32]).wrap(&mine, &key).await.unwrap();
    assert_eq!(vault.unwrap(&mine, &test).await.unwrap_err().kind(), ErrorKind::NotAllowed);

    // A crash between wrapping again and keeping the new record must leave the old one good.
    let again = vault.wrap(&mine, &key).await.unwrap();
    assert_ne!(again, record);
    assert_eq!(vault.unwrap(&mine, &record).await.unwrap().as_bytes(), key.as_bytes());
    assert_eq!(vault.unwrap(&mine, &again).await.unwrap().as_bytes(), key.as_bytes());

    vault.forget(&mine).await.unwrap();
    vault.forget(&mine).await.unwrap();
    assert_eq!(vault.unwrap(&mine, &again).await.unwrap_err().kind(), ErrorKind::NotFound);
    vault.unwrap(&other, &other_record).await.unwrap();
}
