//! Accounts that do not open, and a rescue that runs: what outlives the screens that show them.

use std::sync::Arc;

use onionskin_core::vault::FolderName;
use onionskin_core::{Error, ErrorKind, Rescued, Result, SalvageWatch, TroubledFolder};
use tokio::sync::watch;

use super::{Open, Shell, Stage, not_open, to_the_end};
use crate::route::Screen;

/// A rescue, running or done.
#[derive(Clone)]
pub struct Rescue {
    /// What is rescued, as it was found.
    pub folder: TroubledFolder,
    /// How far it is.
    pub watch: Arc<SalvageWatch>,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
}

/// How a rescue ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was read.
    Rescued(Rescued),
    /// Somebody stopped it.
    Stopped,
    /// Why nothing came of it.
    Failed(ErrorKind),
}

impl PartialEq for Rescue {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.watch, &other.watch) && self.outcome == other.outcome
    }
}

impl Shell {
    /// The rescue that runs or has ended, now and from now on.
    pub fn rescue(&self) -> watch::Receiver<Option<Rescue>> {
        self.inner.rescue.subscribe()
    }

    /// Moves when an account that did not open may open now, or files of one were set aside or erased.
    pub fn troubles(&self) -> watch::Receiver<u64> {
        self.inner.troubles.subscribe()
    }

    fn stir(&self) {
        self.inner.troubles.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Begins to rescue an account; one at a time. Goes on whoever looks. What opens afterwards is open before the
    /// result is told; when nothing is on the screen it comes there, under the page with the result.
    pub fn begin_rescue(&self, folder: &TroubledFolder) {
        let (Some(accounts), false) = (self.accounts(), self.rescues()) else { return };
        let (shell, name) = (self.clone(), folder.name);
        let watch = Arc::new(SalvageWatch::default());
        let rescue = Rescue { folder: folder.clone(), watch: watch.clone(), outcome: None };
        self.inner.rescue.send_replace(Some(rescue));
        tokio::spawn(async move {
            let rescued = accounts.salvage(&name, watch.clone()).await;
            let outcome = match rescued {
                Ok(rescued) => Outcome::Rescued(rescued),
                Err(_) if watch.go_on().is_err() => Outcome::Stopped,
                Err(error) => {
                    tracing::warn!(?error, "an account could not be rescued");
                    Outcome::Failed(error.kind())
                }
            };
            // One that opened before it was rescued opens again.
            if let Err(error) = shell.open_again(Some(Screen::Rescue.path())).await {
                tracing::warn!(?error, "nothing opens after a rescue");
            }
            shell.inner.rescue.send_modify(|rescue| {
                if let Some(rescue) = rescue {
                    rescue.outcome = Some(outcome);
                }
            });
            shell.stir();
        });
    }

    /// Whether a rescue runs.
    fn rescues(&self) -> bool {
        self.inner.rescue.borrow().as_ref().is_some_and(|rescue| rescue.outcome.is_none())
    }

    /// Closes the account on the screen, which is damaged inside, and begins to rescue it. All others stay open, and
    /// the one of them that was used last comes to the screen; the rescue is in front.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when another account is shown; [`ErrorKind::InUse`] while another rescue runs.
    pub async fn close_and_rescue(&self, folder: &TroubledFolder) -> Result<()> {
        let (shell, folder) = (self.clone(), folder.clone());
        to_the_end(async move {
            let _turn = shell.inner.lifecycle.turn.lock().await;
            let Stage::Open(open) = shell.inner.lifecycle.stage.borrow().clone() else { return Err(not_open()) };
            let Some(client) = open.client.clone().filter(|client| Some(client.account_id()) == folder.account) else {
                return Err(Error::new(ErrorKind::NotFound, "another account is shown"));
            };
            if shell.rescues() {
                return Err(Error::new(ErrorKind::InUse, "another account is being rescued"));
            }
            let other = shell.open_all(&open.accounts, Some(&client.account_id())).await.unwrap_or_default();
            let troubled = other.is_none();
            let front = if troubled { vec![Screen::Home, Screen::Rescue] } else { Screen::Rescue.path() };
            shell.inner.whereabouts.forget(Some(front));
            shell.set(Ok(Stage::Open(Open { client: other, troubled, ..open })));
            // A ledger with damaged pages may not close cleanly.
            if let Err(error) = client.close().await {
                tracing::warn!(?error, "a damaged account did not close cleanly");
            }
            shell.begin_rescue(&folder);
            shell.stir();
            Ok(())
        })
        .await
    }

    /// Shows an account that was rescued, and forgets the rescue.
    ///
    /// # Errors
    /// Those of [`Self::switch`]; the result of the rescue stays.
    pub async fn show_rescued(&self, rescued: &Rescued) -> Result<()> {
        let (shell, account) = (self.clone(), rescued.account);
        to_the_end(async move {
            if shell.client().is_none_or(|client| client.account_id() != account) {
                shell.switch(&account).await?;
            }
            shell.end_rescue();
            Ok(())
        })
        .await
    }

    /// Forgets a rescue that has ended.
    pub fn end_rescue(&self) {
        self.inner.rescue.send_if_modified(|rescue| {
            let ended = rescue.as_ref().is_some_and(|rescue| rescue.outcome.is_some());
            if ended {
                *rescue = None;
            }
            ended
        });
    }

    /// Opens what opens now and did not before, and shows it when nothing is shown.
    ///
    /// # Errors
    /// When still none opens.
    pub async fn try_again(&self) -> Result<()> {
        self.open_again(None).await
    }

    /// As [`Self::try_again`]; what comes to an empty screen has `front` in front.
    async fn open_again(&self, front: Option<Vec<Screen>>) -> Result<()> {
        let shell = self.clone();
        to_the_end(async move {
            let _turn = shell.inner.lifecycle.turn.lock().await;
            let Stage::Open(open) = shell.inner.lifecycle.stage.borrow().clone() else { return Err(not_open()) };
            let found = shell.open_all(&open.accounts, None).await;
            shell.stir();
            let found = found?;
            if open.client.is_none()
                && let Some(client) = found
            {
                shell.inner.whereabouts.forget(front);
                shell.set(Ok(Stage::Open(Open { client: Some(client), troubled: false, ..open })));
            }
            Ok(())
        })
        .await
    }

    /// Opens an account whose folder was set aside again, as far as it opens.
    ///
    /// # Errors
    /// Those of [`onionskin_core::Accounts::put_back`] and [`Self::try_again`].
    pub async fn put_back(&self, name: &FolderName) -> Result<()> {
        let accounts = self.accounts().ok_or_else(not_open)?;
        accounts.put_back(name).await?;
        self.try_again().await
    }

    /// Sets the folder of an account that does not open aside.
    ///
    /// # Errors
    /// Those of [`onionskin_core::Accounts::set_aside`].
    pub async fn set_aside(&self, name: &FolderName) -> Result<()> {
        let accounts = self.accounts().ok_or_else(not_open)?;
        let done = accounts.set_aside(name).await;
        self.stir();
        done
    }

    /// Erases the files of an account that does not open, or was set aside.
    ///
    /// # Errors
    /// Those of [`onionskin_core::Accounts::remove_troubled`].
    pub async fn remove_troubled(&self, name: &FolderName) -> Result<()> {
        let accounts = self.accounts().ok_or_else(not_open)?;
        let done = accounts.remove_troubled(name).await;
        self.stir();
        done
    }

    /// The stage of accounts of which some, or none, opened. One of which none does, and something can be done about
    /// it, is shown with what can be done; so are files that were set aside when there is no other account.
    pub(super) async fn stage_of(&self, open: Open) -> Result<Stage> {
        let opened = self.open_all(&open.accounts, None).await;
        if let Ok(Some(client)) = opened {
            return Ok(Stage::Open(Open { client: Some(client), troubled: false, ..open }));
        }
        let told = open.accounts.troubled().await.unwrap_or_default();
        let shown =
            |folder: &TroubledFolder| if folder.set_aside { opened.is_ok() } else { has_a_way_out(folder.kind) };
        let troubled = told.iter().any(shown);
        match opened {
            Err(error) if !troubled => Err(error),
            _ => Ok(Stage::Open(Open { client: None, troubled, ..open })),
        }
    }
}

/// Whether something can be done about an account beside closing another program or typing another passphrase.
fn has_a_way_out(kind: ErrorKind) -> bool {
    use ErrorKind::{
        Bug, DatabaseDamaged, DatabaseEmpty, DatabaseForeign, DatabaseMissing, KeyMissing, NewerVersionNeeded,
    };
    matches!(
        kind,
        DatabaseDamaged | DatabaseEmpty | DatabaseMissing | DatabaseForeign | KeyMissing | NewerVersionNeeded | Bug
    )
}
