//! Contacts: whom we know, and how we stand with them.
//!
//! `c` has one dict for each Account ID. Its `n` is always there, even empty: it keeps the entry alive. Our own id is
//! never a contact; what concerns Note to Self is in [`super::user_profile`]. Who is known only by a blinded id is in
//! [`super::blinded`].
//!
//! Source: session-foundation/libsession-util `src/config/contacts.cpp`.

use std::fmt;

use super::fields::{self, Expiry, Notify, Picture};
use super::tree::Dict;
use crate::crypto::AccountId;

/// One person, as the document has them.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who it is.
    pub id: AccountId,
    /// The name they gave themselves; empty when unknown.
    pub name: String,
    /// The name we gave them; empty for none.
    pub nickname: String,
    /// Their picture.
    pub picture: Option<Picture>,
    /// How new name and picture are, in seconds since the epoch; 0 when nobody said.
    pub profile_updated: u64,
    /// We let them write to us.
    pub approved: bool,
    /// They let us write to them.
    pub approved_me: bool,
    /// We want to hear nothing of them.
    pub blocked: bool,
    /// Below zero hidden, zero unpinned, above zero pinned: higher stands first.
    pub priority: i32,
    /// For what the conversation makes itself heard. Never [`Notify::Mentions`], which means all between two.
    pub notify: Notify,
    /// Until when it makes itself heard for nothing, in seconds since the epoch.
    pub mute_until: Option<u64>,
    /// When messages disappear.
    pub expiry: Option<Expiry>,
    /// When the entry was made, in seconds since the epoch.
    pub created: Option<u64>,
}

/// Names and pictures stay out of logs.
impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contact").field(&self.id).finish()
    }
}

/// The person with this id. None when they are no contact.
pub fn read(dict: &Dict, id: &AccountId) -> Option<Contact> {
    Some(contact(*id, dict.dict("c")?.dict(id.as_bytes())?))
}

/// Everybody but ourselves, by id. Entries under keys that are no Account ID are passed over.
pub fn all<'a>(dict: &'a Dict, own: &AccountId) -> impl Iterator<Item = Contact> + use<'a> {
    let own = *own;
    dict.dict("c").into_iter().flat_map(Dict::iter).filter_map(move |(key, _)| {
        let id = AccountId::from_bytes(key.try_into().ok()?).ok().filter(|id| *id != own)?;
        read(dict, &id)
    })
}

/// The entry of this person, made when they are no contact yet. None for our own id, which never is one.
pub fn edit<'a>(dict: &'a mut Dict, own: &AccountId, id: &AccountId) -> Option<ContactMut<'a>> {
    if id == own {
        return None;
    }
    let entry = dict.dict_mut("c").dict_mut(id.as_bytes());
    fields::keep_alive(entry, "n");
    Some(ContactMut(entry))
}

/// Takes a person out, with everything that is known of them; says whether they were there.
pub fn remove(dict: &mut Dict, id: &AccountId) -> bool {
    dict.inner_mut("c").is_some_and(|people| people.remove(id.as_bytes()).is_some())
}

fn contact(id: AccountId, entry: &Dict) -> Contact {
    Contact {
        id,
        name: fields::name(entry, "n").to_owned(),
        nickname: fields::name(entry, "N").to_owned(),
        picture: fields::picture(entry, "p", "q"),
        profile_updated: fields::stamp(entry),
        approved: entry.flag("a"),
        approved_me: entry.flag("A"),
        blocked: entry.flag("b"),
        priority: fields::small(entry, "+"),
        notify: between_two(fields::notify(entry)),
        mute_until: fields::moment(entry, "!"),
        expiry: fields::expiry(entry),
        created: fields::moment(entry, "j"),
    }
}

/// Between two people everything is a mention.
fn between_two(notify: Notify) -> Notify {
    if notify == Notify::Mentions { Notify::All } else { notify }
}

/// One person's entry, to be changed. Each setter writes its own field and leaves all others, known or not.
pub struct ContactMut<'a>(&'a mut Dict);

impl fmt::Debug for ContactMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContactMut(…)")
    }
}

impl ContactMut<'_> {
    /// The name they gave themselves, cut at 100 bytes; stays there when empty.
    pub fn set_name(&mut self, name: &str) -> &mut Self {
        fields::set_kept_name(self.0, "n", name);
        self
    }

    /// The name we gave them, cut at 100 bytes; empty for none.
    pub fn set_nickname(&mut self, nickname: &str) -> &mut Self {
        fields::set_name(self.0, "N", nickname);
        self
    }

    /// Their picture.
    pub fn set_picture(&mut self, picture: Option<&Picture>) -> &mut Self {
        fields::set_picture(self.0, "p", "q", picture);
        self
    }

    /// How new name and picture are, in seconds since the epoch; 0 for nobody knows.
    pub fn set_profile_updated(&mut self, seconds: u64) -> &mut Self {
        fields::set_stamp(self.0, seconds);
        self
    }

    /// Whether we let them write to us.
    pub fn set_approved(&mut self, on: bool) -> &mut Self {
        fields::set_flag(self.0, "a", on);
        self
    }

    /// Whether they let us write to them.
    pub fn set_approved_me(&mut self, on: bool) -> &mut Self {
        fields::set_flag(self.0, "A", on);
        self
    }

    /// Whether we want to hear nothing of them.
    pub fn set_blocked(&mut self, on: bool) -> &mut Self {
        fields::set_flag(self.0, "b", on);
        self
    }

    /// Below zero hidden, zero unpinned, above zero pinned.
    pub fn set_priority(&mut self, priority: i32) -> &mut Self {
        fields::set_small(self.0, "+", priority);
        self
    }

    /// For what the conversation makes itself heard; mentions alone are stored as all.
    pub fn set_notify(&mut self, notify: Notify) -> &mut Self {
        if between_two(fields::notify(self.0)) != between_two(notify) {
            fields::set_notify(self.0, between_two(notify));
        }
        self
    }

    /// Until when it makes itself heard for nothing, in seconds since the epoch.
    pub fn set_mute_until(&mut self, seconds: Option<u64>) -> &mut Self {
        fields::set_moment(self.0, "!", seconds);
        self
    }

    /// When messages disappear: both fields or neither.
    pub fn set_expiry(&mut self, expiry: Option<Expiry>) -> &mut Self {
        fields::set_expiry(self.0, expiry);
        self
    }

    /// When the entry was made, in seconds since the epoch.
    pub fn set_created(&mut self, seconds: Option<u64>) -> &mut Self {
        fields::set_moment(self.0, "j", seconds);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fields::ExpiryMode;
    use crate::config::tree::{Scalar, Value};

    const OWN: u8 = 0x77;

    fn id(byte: u8) -> AccountId {
        AccountId::from_x25519([byte; 32])
    }

    fn with(byte: u8, change: impl FnOnce(&mut ContactMut<'_>)) -> Dict {
        let mut dict = Dict::default();
        change(&mut edit(&mut dict, &id(OWN), &id(byte)).unwrap());
        dict
    }

    fn entry(dict: &Dict, byte: u8) -> &Dict {
        dict.dict("c").unwrap().dict(id(byte).as_bytes()).unwrap()
    }

    #[test]
    fn everything_that_is_written_is_read() {
        let picture = Picture::new("http://a", &[9; 32]);
        let expiry = Some(Expiry { mode: ExpiryMode::AfterRead, seconds: 60 });
        let dict = with(0x11, |contact| {
            contact.set_name("Alice").set_nickname("Al").set_picture(picture.as_ref()).set_profile_updated(7);
            contact.set_approved(true).set_approved_me(true).set_blocked(true).set_priority(-1);
            contact.set_notify(Notify::Disabled).set_mute_until(Some(8)).set_expiry(expiry).set_created(Some(9));
        });
        let read = read(&dict, &id(0x11)).unwrap();
        let expected = Contact {
            id: id(0x11),
            name: "Alice".into(),
            nickname: "Al".into(),
            picture,
            profile_updated: 7,
            approved: true,
            approved_me: true,
            blocked: true,
            priority: -1,
            notify: Notify::Disabled,
            mute_until: Some(8),
            expiry,
            created: Some(9),
        };
        assert_eq!(read, expected);
        assert!(!format!("{read:?}").contains("Al"));
    }

    #[test]
    fn a_name_is_always_there_even_empty_and_keeps_the_entry_alive() {
        let mut dict = with(0x11, |_| {});
        dict.prune();
        assert_eq!(read(&dict, &id(0x11)).unwrap().name, "");
        let mut dict = with(0x11, |contact| {
            contact.set_name("Alice").set_name("").set_nickname("Al").set_nickname("");
        });
        dict.prune();
        assert_eq!((entry(&dict, 0x11).text("n"), entry(&dict, 0x11).len()), (Some(""), 1));
    }

    #[test]
    fn our_own_id_is_never_a_contact() {
        let mut dict = with(0x11, |_| {});
        assert!(edit(&mut dict, &id(OWN), &id(OWN)).is_none());
        // Another client put it there.
        dict.dict_mut("c").dict_mut(id(OWN).as_bytes()).put("n", "me");
        assert_eq!(all(&dict, &id(OWN)).map(|contact| contact.id).collect::<Vec<_>>(), [id(0x11)]);
    }

    #[test]
    fn entries_that_are_no_contacts_are_passed_over_and_kept() {
        let mut dict = with(0x11, |_| {});
        let people = dict.dict_mut("c");
        people.dict_mut([5; 32]).put("n", "short key");
        people.dict_mut([3; 33]).put("n", "a group");
        people.dict_mut({
            let mut key = [0; 33];
            key[0] = 5;
            key
        });
        people.put(id(0x22).as_bytes(), "no dict");
        let before = dict.clone();
        assert_eq!(all(&dict, &id(OWN)).count(), 1);
        assert_eq!(read(&dict, &id(0x22)), None);
        assert!(dict == before);
    }

    #[test]
    fn a_removed_person_is_gone_with_everything() {
        let mut dict = with(0x11, |contact| {
            contact.set_name("Alice");
        });
        assert!(remove(&mut dict, &id(0x11)));
        assert!(!remove(&mut dict, &id(0x11)));
        dict.prune();
        assert!(dict.is_empty());
        // A value of another kind is not ours to take away.
        dict.put("c", 5);
        assert!(!remove(&mut dict, &id(0x11)));
        assert_eq!(dict.int("c"), Some(5));
    }

    #[test]
    fn mentions_alone_are_stored_as_all_and_read_as_all() {
        let mut dict = with(0x11, |contact| {
            contact.set_notify(Notify::Mentions);
        });
        assert_eq!(entry(&dict, 0x11).int("@"), Some(1));
        dict.dict_mut("c").dict_mut(id(0x11).as_bytes()).put("@", 3);
        assert_eq!(read(&dict, &id(0x11)).unwrap().notify, Notify::All);
        edit(&mut dict, &id(OWN), &id(0x11)).unwrap().set_notify(Notify::All);
        assert_eq!(entry(&dict, 0x11).int("@"), Some(3), "what reads the same is not rewritten");
    }

    #[test]
    fn a_setter_leaves_every_other_field_known_or_not() {
        let mut dict = with(0x11, |contact| {
            contact.set_name("Alice").set_approved(true);
        });
        let person = dict.dict_mut("c").dict_mut(id(0x11).as_bytes());
        person.put("f", Value::Set([Scalar::Int(0)].into_iter().collect()));
        person.put("tomorrow", "kept");
        dict.put("b", "another kind");
        let mut expected = dict.clone();
        expected.dict_mut("c").dict_mut(id(0x11).as_bytes()).put("b", 1);
        edit(&mut dict, &id(OWN), &id(0x11)).unwrap().set_blocked(true);
        assert!(dict == expected);
    }

    #[test]
    fn setting_what_is_there_already_changes_nothing() {
        let mut dict = with(0x11, |contact| {
            contact.set_name("Alice").set_created(Some(1_700_000_000));
        });
        let person = dict.dict_mut("c").dict_mut(id(0x11).as_bytes());
        person.put("a", 2);
        person.put("!", 1_800_000_000_000_i64);
        let before = dict.clone();
        let mut contact = edit(&mut dict, &id(OWN), &id(0x11)).unwrap();
        contact.set_name("Alice").set_nickname("").set_picture(None).set_profile_updated(0);
        contact.set_approved(true).set_approved_me(false).set_blocked(false).set_priority(0);
        contact.set_notify(Notify::Default).set_mute_until(Some(1_800_000_000));
        contact.set_expiry(None).set_created(Some(1_700_000_000));
        assert!(dict == before);
    }

    #[test]
    fn fields_of_another_type_read_as_absent() {
        let mut dict = Dict::default();
        let person = dict.dict_mut("c").dict_mut(id(0x11).as_bytes());
        for key in ["n", "N", "p", "q", "t", "a", "A", "b", "+", "@", "!", "e", "E", "j"] {
            person.put(key, Dict::default());
        }
        let read = read(&dict, &id(0x11)).unwrap();
        let empty = Dict::default();
        assert_eq!(read, contact(id(0x11), &empty));
    }
}
