//! Choices of the person, typed by name; and what the account knows about the network, as bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Change, ReadTx, WriteTx};
use crate::clock::Timestamp;
use crate::error::{Error, Result};

/// A setting: its name in the table and what it is while nobody chose. Declared as a constant where it is used.
#[derive(Clone, Copy, Debug)]
pub struct Setting<T> {
    /// Its name; never changes once released.
    pub key: &'static str,
    /// Its value while nobody chose.
    pub default: T,
}

impl ReadTx<'_> {
    /// The value of a setting. One that this version cannot read (a newer one wrote it) counts as not chosen.
    ///
    /// # Errors
    /// When the database fails.
    pub fn setting<T: DeserializeOwned + Clone>(&self, setting: &Setting<T>) -> Result<T> {
        let stored =
            self.row("SELECT value FROM settings WHERE key = ?1", [setting.key], |row| Ok(row.get::<_, String>(0)?))?;
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| setting.default.clone()))
    }

    /// What was kept under a name about the network ("paths", "swarms", "clock").
    ///
    /// # Errors
    /// When the database fails.
    pub fn network_state(&self, name: &'static str) -> Result<Option<Vec<u8>>> {
        self.row("SELECT value FROM network_state WHERE name = ?1", [name], |row| Ok(row.get(0)?))
    }
}

impl WriteTx<'_> {
    /// Chooses a value.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_setting<T: Serialize>(&mut self, setting: &Setting<T>, value: &T) -> Result<()> {
        let text = serde_json::to_string(value)
            .map_err(|error| Error::bug("setting does not become json").with_source(error))?;
        self.run(
            "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (setting.key, text),
        )?;
        self.record(Change::SettingChanged(setting.key));
        Ok(())
    }

    /// Keeps what the account knows about the network.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_network_state(&mut self, name: &'static str, value: &[u8], now: Timestamp) -> Result<()> {
        self.run(
            "INSERT INTO network_state (name, value, saved_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value, saved_at = excluded.saved_at",
            (name, value, now.to_sql()),
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    const COLOUR: Setting<Option<String>> = Setting { key: "colour", default: None };
    const SIZE: Setting<u32> = Setting { key: "size", default: 100 };

    #[tokio::test]
    async fn a_setting_is_its_default_until_chosen_and_when_it_cannot_be_read() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("settings", |tx| {
            assert_eq!((tx.setting(&COLOUR)?, tx.setting(&SIZE)?), (None, 100));
            tx.set_setting(&COLOUR, &Some("blue".to_owned()))?;
            tx.set_setting(&SIZE, &120)?;
            assert_eq!((tx.setting(&COLOUR)?.as_deref(), tx.setting(&SIZE)?), (Some("blue"), 120));
            let newer = Setting { key: "size", default: String::new() };
            tx.set_setting(&newer, &"large".to_owned())?;
            assert_eq!(tx.setting(&SIZE)?, 100);
            Ok(())
        });
        let ((), changes) = write.await.unwrap();
        assert_eq!(
            changes.into_iter().collect::<Vec<_>>(),
            [Change::SettingChanged("colour"), Change::SettingChanged("size")]
        );
    }

    #[tokio::test]
    async fn what_is_known_about_the_network_is_kept_as_it_was_given() {
        let ledger = Ledger::new().await;
        let write = ledger.store.write("network state", |tx| {
            assert_eq!(tx.network_state("paths")?, None);
            tx.set_network_state("paths", b"one", at(1))?;
            tx.set_network_state("paths", b"two", at(2))?;
            assert_eq!(tx.network_state("paths")?.as_deref(), Some(b"two".as_slice()));
            Ok(())
        });
        write.await.unwrap();
    }
}
