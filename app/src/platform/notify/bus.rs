//! The desktop's notifications, over D-Bus.
//!
//! One task holds the connection and does one thing after the other, so that nothing is shown after it was withdrawn.
//! Source: freedesktop.org, Desktop Notifications; `inline-reply` is an extension that several desktops share.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::StreamExt as _;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use zbus::zvariant::Value;

use super::{Deed, Note, Notify, Tag};

/// The desktop's notifications.
#[derive(Clone, Default)]
pub struct Bus {
    orders: Arc<OnceLock<UnboundedSender<Order>>>,
    told: Arc<Mutex<Option<UnboundedSender<Deed>>>>,
}

enum Order {
    Show(Note),
    Withdraw(Tag),
}

impl Bus {
    /// Gives the task something to do; it begins with the first.
    fn order(&self, order: Order) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let orders = self.orders.get_or_init(|| {
            let (give, take) = mpsc::unbounded_channel();
            runtime.spawn(follow(take, self.told.clone()));
            give
        });
        // It ends with the program alone.
        let _ = orders.send(order);
    }
}

impl Notify for Bus {
    fn show(&self, note: Note) {
        self.order(Order::Show(note));
    }

    fn withdraw(&self, tag: Tag) {
        self.order(Order::Withdraw(tag));
    }

    fn listen(&self, told: UnboundedSender<Deed>) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }
}

type Told = Arc<Mutex<Option<UnboundedSender<Deed>>>>;

/// Does what is asked for as long as the program runs. A desktop that is not there is asked again with the next note.
async fn follow(mut orders: UnboundedReceiver<Order>, told: Told) {
    while let Some(order) = orders.recv().await {
        if matches!(order, Order::Withdraw(_)) {
            continue;
        }
        if let Err(error) = serve(order, &mut orders, &told).await {
            tracing::debug!(%error, "notification was not shown");
        }
    }
}

/// Shows the first note and whatever follows, until the desktop's service does not answer any more.
async fn serve(first: Order, orders: &mut UnboundedReceiver<Order>, told: &Told) -> zbus::Result<()> {
    let bus = zbus::Connection::session().await?;
    let desktop = NotificationsProxy::new(&bus).await?;
    let can = desktop.get_capabilities().await?;
    let (mut actions, mut closed) =
        (desktop.receive_action_invoked().await?, desktop.receive_notification_closed().await?);
    let mut replies = desktop.receive_notification_replied().await?;
    let mut standing = Standing { desktop, can, ids: BTreeMap::new() };
    standing.does(first).await?;
    loop {
        // What was done comes before the closing that follows it.
        let deed = tokio::select! {
            biased;
            Some(signal) = actions.next() => {
                let args = signal.args()?;
                standing.tag(args.id).and_then(|tag| of_action(tag, &args.key))
            }
            Some(signal) = replies.next() => {
                let args = signal.args()?;
                standing.tag(args.id).map(|tag| Deed::Answered(tag, args.text.clone()))
            }
            Some(signal) = closed.next() => {
                let id = signal.args()?.id;
                standing.ids.retain(|_, known| *known != id);
                None
            }
            order = orders.recv() => {
                let Some(order) = order else { return Ok(()) };
                standing.does(order).await?;
                None
            }
        };
        if let (Some(deed), Some(told)) = (deed, &*told.lock().unwrap_or_else(PoisonError::into_inner)) {
            let _ = told.send(deed);
        }
    }
}

/// What stands on the desktop.
struct Standing<'a> {
    desktop: NotificationsProxy<'a>,
    can: Vec<String>,
    ids: BTreeMap<Tag, u32>,
}

impl Standing<'_> {
    fn tag(&self, id: u32) -> Option<Tag> {
        self.ids.iter().find(|(_, known)| **known == id).map(|(tag, _)| *tag)
    }

    async fn does(&mut self, order: Order) -> zbus::Result<()> {
        match order {
            Order::Show(note) => {
                let before = self.ids.get(&note.tag).copied().unwrap_or_default();
                let actions = actions(&note, &self.can);
                let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
                let text =
                    if self.can.iter().any(|can| can == "body-markup") { escaped(&note.text) } else { note.text };
                let mut hints = HashMap::new();
                hints.insert("category", Value::from("im.received"));
                hints.insert("desktop-entry", Value::from("app.onionskin"));
                let desktop = &self.desktop;
                let shown = desktop.notify("Onionskin", before, "onionskin", &note.title, &text, &actions, hints, -1);
                if let Some(id) = unless_refused(shown.await)? {
                    self.ids.insert(note.tag, id);
                }
            }
            Order::Withdraw(tag) => {
                if let Some(id) = self.ids.remove(&tag) {
                    unless_refused(self.desktop.close_notification(id).await)?;
                }
            }
        }
        Ok(())
    }
}

/// A service that refuses one thing, such as closing what is gone already, is there for the next.
fn unless_refused<T>(done: zbus::Result<T>) -> zbus::Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(zbus::Error::MethodError(name, ..)) => {
            tracing::debug!(%name, "the desktop refused something about a notification");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What a button of ours means.
fn of_action(tag: Tag, key: &str) -> Option<Deed> {
    match key {
        "default" => Some(Deed::Opened(tag)),
        READ => Some(Deed::Read(tag)),
        _ => None,
    }
}

/// Keys and labels of the buttons, as the service wants them: in turn. A note is opened by itself; it is answered in
/// place only where the desktop can.
fn actions(note: &Note, can: &[String]) -> Vec<String> {
    let has = |name: &str| can.iter().any(|can| can == name);
    if !has("actions") {
        return Vec::new();
    }
    let mut actions = vec!["default".to_owned(), note.title.clone()];
    if let Some(answers) = &note.answers {
        if has(REPLY) {
            actions.extend([REPLY.to_owned(), answers.answer.clone()]);
        }
        actions.extend([READ.to_owned(), answers.read.clone()]);
    }
    actions
}

/// Servers read the body as markup; foreign text must not become any.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const REPLY: &str = "inline-reply";
const READ: &str = "read";

#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Notifications {
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;

    #[expect(clippy::too_many_arguments, reason = "the service wants them so")]
    fn notify(
        &self,
        app: &str,
        replaces: u32,
        icon: &str,
        title: &str,
        text: &str,
        actions: &[&str],
        hints: HashMap<&str, Value<'_>>,
        milliseconds: i32,
    ) -> zbus::Result<u32>;

    fn close_notification(&self, id: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    fn action_invoked(&self, id: u32, key: String) -> zbus::Result<()>;

    #[zbus(signal)]
    fn notification_replied(&self, id: u32, text: String) -> zbus::Result<()>;

    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Answers;

    #[test]
    fn buttons_are_what_the_desktop_can_and_markup_stays_text() {
        let answers = Some(Answers { answer: "Answer".to_owned(), read: "Mark as read".to_owned() });
        let note = Note { tag: 1, title: "Ana".to_owned(), text: String::new(), answers };
        let can = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(actions(&note, &can(&["body"])).is_empty());
        assert_eq!(actions(&note, &can(&["actions"])), ["default", "Ana", "read", "Mark as read"]);
        let all = actions(&note, &can(&["actions", "inline-reply"]));
        assert_eq!(all[2..4], ["inline-reply", "Answer"]);
        assert_eq!(escaped("<b>a & b</b>"), "&lt;b&gt;a &amp; b&lt;/b&gt;");
        assert_eq!(of_action(7, "default"), Some(Deed::Opened(7)));
        assert_eq!(of_action(7, "else"), None);
    }
}
