//! The first look at the config documents of an account that came from elsewhere: a restored one, or one that an older
//! version of this program made.
//!
//! Until the swarm has said what it has, nothing is pushed: an empty profile would compete with the real one. Single
//! members lag or lie, so **all** members are asked at once, from the beginning, and what they give is merged; it is
//! signed and sealed by ourselves, so a member can hold something back and cannot make anything up. A document counts as
//! known when a whole message of it was understood, or when two members (or the only one) say that there is none.

use std::collections::HashSet;

use futures_util::future::join_all;

use super::Hall;
use super::reconcile::{self, ConfigPage, Settles};
use crate::config::DocumentKind;
use crate::error::{Error, Result};
use crate::onion::NodeKey;
use crate::store::{Setting, WriteTx};
use crate::swarm::{Namespace, RetrieveAsk, Retrieved};

/// Asks for every document that is not known yet. Does nothing when all are.
///
/// # Errors
/// When no member could be asked; those of the ledger.
pub(super) async fn fetch(hall: &Hall) -> Result<()> {
    let me = *hall.account();
    if hall.read(|tx| tx.setting(&READ_BY)).await? != env!("CARGO_PKG_VERSION") {
        // What an older version refused may be understood now: everything is asked for again, once.
        let forget = move |tx: &mut WriteTx<'_>| {
            for kind in DocumentKind::SYNCED {
                tx.forget_cursors(&me, kind.namespace())?;
            }
            tx.set_setting(&READ_BY, &env!("CARGO_PKG_VERSION").to_owned())
        };
        hall.write("configs read anew", forget).await?;
    }
    let rows = hall.read(|tx| tx.dumps()).await?;
    let known = |kind: &DocumentKind| rows.iter().any(|row| row.namespace == kind.namespace() && row.fetched);
    let wanted: Vec<DocumentKind> = DocumentKind::SYNCED.into_iter().filter(|kind| !known(kind)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let epoch = hall.read(|tx| tx.cursor_epoch()).await?;
    let members = hall.swarms().members(hall.account()).await?;
    let asks: Vec<RetrieveAsk> = wanted
        .iter()
        .map(|kind| {
            let namespace = Namespace(kind.namespace());
            RetrieveAsk { namespace, last_hash: None, max_size: namespace.poll_share() }
        })
        .collect();
    let ask = |node: NodeKey| {
        let asks = &asks;
        async move { hall.swarms().retrieve(&node, hall.keys(), asks).await }
    };
    let mut answers = Vec::new();
    let mut failure = None;
    for answer in join_all(members.iter().copied().map(ask)).await {
        match answer {
            Ok(retrieved) => answers.push(retrieved),
            Err(error) => failure = Some(Error::from(error)),
        }
    }
    if let (true, Some(error)) = (answers.is_empty(), failure) {
        return Err(error);
    }
    let pages = wanted.iter().map(|kind| page(*kind, &answers, members.len())).collect();
    reconcile::reconcile(hall, epoch, pages).await.map(|_| ())
}

/// What all members gave of one document.
fn page(kind: DocumentKind, answers: &[Retrieved], members: usize) -> ConfigPage {
    let mut seen = HashSet::new();
    let mut messages = Vec::new();
    let mut empty = HashSet::new();
    let mut more = false;
    for answer in answers {
        for part in answer.parts.iter().filter(|part| part.namespace.0 == kind.namespace()) {
            more |= part.more;
            if part.messages.is_empty() && part.unusable.is_empty() {
                empty.insert(answer.node);
            }
            let new = part.messages.iter().filter(|message| seen.insert(message.hash.clone()));
            messages.extend(new.cloned());
        }
    }
    // Members that have nothing, not even something that is refused.
    let settles = match (more, empty.len() >= ENOUGH.min(members.max(1))) {
        (true, _) => Settles::No,
        (false, true) => Settles::Always,
        (false, false) => Settles::WhenFound,
    };
    ConfigPage { kind, messages, cursor: None, settles }
}

/// Which version of this program read the configs last.
const READ_BY: Setting<String> = Setting { key: "configs.read_by", default: String::new() };

/// So many members are believed when they say that there is nothing.
const ENOUGH: usize = 2;
