//! The emoji that an account used lately, newest first. They stay in its ledger.

use dioxus::prelude::*;
use onionskin_core::Setting;

use super::{Account, use_account};

/// `Copy`; a screen has its own.
#[derive(Clone, Copy)]
pub struct Lately {
    account: Account,
    signs: Signal<Vec<String>>,
}

impl PartialEq for Lately {
    fn eq(&self, other: &Self) -> bool {
        self.signs == other.signs
    }
}

impl Lately {
    /// Read when the screen comes.
    pub fn hook() -> Self {
        let account = use_account();
        let lately = use_hook(|| Self { account, signs: Signal::new(Vec::new()) });
        use_future(move || lately.read());
        lately
    }

    async fn read(mut self) {
        self.signs.set(self.account.client().setting(&USED).await.unwrap_or_default());
    }

    /// All of them.
    pub fn all(&self) -> Vec<String> {
        self.signs.read().clone()
    }

    /// One was used: it is the newest.
    pub fn used(mut self, sign: String) {
        let mut signs = self.signs.peek().clone();
        signs.retain(|other| *other != sign);
        signs.insert(0, sign);
        signs.truncate(KEPT);
        self.signs.set(signs.clone());
        let client = self.account.client();
        tokio::spawn(async move {
            if let Err(error) = client.set_setting(&USED, signs).await {
                tracing::warn!(?error, "the emoji used lately are not kept");
            }
        });
    }
}

/// As many as two lines of the sheet hold.
const KEPT: usize = 24;

static USED: Setting<Vec<String>> = Setting { key: "app.emoji_lately", default: Vec::new() };
