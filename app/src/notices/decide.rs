//! What is shown for what came in. Pure.

use onionskin_core::{ConversationId, MessageId, NoticeContent};

use crate::preferences::NotificationContent;
use crate::text::{Texts, plain};

/// A letter that came in and may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its name.
    pub message: MessageId,
    /// Where it stands.
    pub conversation: ConversationId,
    /// What the writer is called here.
    pub name: String,
    /// Its text; `None` when this version cannot show it.
    pub text: Option<String>,
    /// A stranger wrote it.
    pub request: bool,
    /// What this conversation may show, where it is not what is usual.
    pub content: Option<NoticeContent>,
}

/// What came in within a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Letters, oldest first.
    pub letters: Vec<Letter>,
    /// Letters of which only the number is known, because there were too many to hear of each.
    pub uncounted: u32,
}

/// What is shown for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it is about; `None` when it sums up.
    pub conversation: Option<ConversationId>,
    /// The letters.
    pub letters: Vec<MessageId>,
    /// The first line.
    pub title: String,
    /// The rest.
    pub text: String,
    /// The writer is somebody whom we accepted, and may be named: it can be answered where it stands.
    pub answerable: bool,
}

/// What is shown for it: one note for each conversation, or one that sums up. `to` names the account when several are
/// open.
pub fn decide(arrived: &Arrived, content: NotificationContent, to: Option<&str>, texts: &Texts) -> Vec<Told> {
    let conversations = by_conversation(&arrived.letters);
    if arrived.uncounted > 0 || conversations.len() > SINGLE {
        let count = u32::try_from(arrived.letters.len()).unwrap_or(u32::MAX).saturating_add(arrived.uncounted);
        let text = match content {
            NotificationContent::Nothing => texts.say_plainly("notice-something", &[]),
            _ => texts.say_plainly("notice-many", &[("count", count.into())]),
        };
        let title = addressed("Onionskin", content, to, texts);
        return vec![Told { conversation: None, letters: Vec::new(), title, text, answerable: false }];
    }
    conversations.into_iter().map(|letters| one(&letters, content, to, texts)).collect()
}

/// Letters of one conversation each, in the order of their first.
fn by_conversation(letters: &[Letter]) -> Vec<Vec<&Letter>> {
    let mut all: Vec<Vec<&Letter>> = Vec::new();
    for letter in letters {
        match all.iter_mut().find(|known| known.first().is_some_and(|one| one.conversation == letter.conversation)) {
            Some(known) => known.push(letter),
            None => all.push(vec![letter]),
        }
    }
    all
}

/// The note for one conversation. Nothing of a stranger is shown before somebody accepts them.
fn one(letters: &[&Letter], usual: NotificationContent, to: Option<&str>, texts: &Texts) -> Told {
    let newest = letters.last();
    let content = newest.and_then(|letter| letter.content).map_or(usual, of_conversation);
    let request = newest.is_some_and(|letter| letter.request);
    let name = newest.map(|letter| plain(&letter.name)).unwrap_or_default();
    let (title, text) = match (content, request) {
        (NotificationContent::Nothing, _) => ("Onionskin".to_owned(), texts.say_plainly("notice-something", &[])),
        (NotificationContent::Name | NotificationContent::NameAndText, true) => {
            (texts.say_plainly("notice-request", &[]), texts.say_plainly("notice-request-text", &[]))
        }
        (NotificationContent::Name, false) => (name, letters_in_words(letters.len(), texts)),
        (NotificationContent::NameAndText, false) => {
            let last = letters.iter().rev().take(SINGLE).rev();
            let lines = last.map(|letter| match &letter.text {
                Some(text) => shortened(text),
                None => texts.say_plainly("notice-letter", &[]),
            });
            (name, lines.collect::<Vec<_>>().join("\n"))
        }
    };
    Told {
        conversation: newest.map(|letter| letter.conversation.clone()),
        letters: letters.iter().map(|letter| letter.message).collect(),
        title: addressed(&title, content, to, texts),
        text,
        answerable: !request && content != NotificationContent::Nothing,
    }
}

fn letters_in_words(count: usize, texts: &Texts) -> String {
    match u32::try_from(count).unwrap_or(u32::MAX) {
        0 | 1 => texts.say_plainly("notice-letter", &[]),
        count => texts.say_plainly("notice-many", &[("count", count.into())]),
    }
}

/// What one conversation shows, in the words of the settings.
pub fn of_conversation(content: NoticeContent) -> NotificationContent {
    match content {
        NoticeContent::NameAndText => NotificationContent::NameAndText,
        NoticeContent::NameOnly => NotificationContent::Name,
        NoticeContent::Nothing => NotificationContent::Nothing,
    }
}

/// A title that says for whom, where that is not clear and may be shown.
fn addressed(title: &str, content: NotificationContent, to: Option<&str>, texts: &Texts) -> String {
    match to {
        Some(to) if content != NotificationContent::Nothing => {
            texts.say_plainly("notice-to", &[("title", title.into()), ("account", to.into())])
        }
        _ => title.to_owned(),
    }
}

/// The beginning of a text without marks that turn directions, whole user-perceived characters. One of them may be made
/// of thousands of code points, so these are counted too.
pub(super) fn shortened(text: &str) -> String {
    use unicode_segmentation::UnicodeSegmentation as _;
    let text = plain(text);
    let (mut short, mut points) = (String::new(), 0);
    for (number, letter) in text.graphemes(true).enumerate() {
        points += letter.chars().count();
        if number >= LONGEST_TEXT || points > MOST_POINTS {
            if short.is_empty() {
                short.extend(letter.chars().take(MOST_POINTS));
            }
            short.push('…');
            break;
        }
        short.push_str(letter);
    }
    short
}

/// Letters of more conversations than this within a moment become one note: a screen full of notes says less than a
/// number. So many lines has the note of one conversation at most.
const SINGLE: usize = 3;
/// Letters of a text in a note; the desktop shows a few lines.
pub(super) const LONGEST_TEXT: usize = 240;
/// Code points of a text in a note. Letters of several (families, marks) are common, letters of thousands an attack.
pub(super) const MOST_POINTS: usize = 900;
