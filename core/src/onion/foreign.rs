//! JSON of strangers, typed and bounded: what is wanted of it is taken, all else is walked over and forgotten.
//!
//! A tree of values takes a hundred times the bytes of its text, so none is ever built of what somebody else wrote.
//! [`Scalar`] takes a text or a number without copying it, [`Loose`] an object by its fields, [`Listed`] a list item by
//! item; a value of another kind than the wanted one counts as absent and spoils nothing. Of two fields with one name the
//! last counts. What is walked over is still read with care: nesting over 128 levels, numbers that no machine holds and
//! half characters refuse the whole text.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A text, a whole number that is not negative, or anything else as nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    #[default]
    Nothing,
    Text(Cow<'a, str>),
    Whole(u64),
}

impl Scalar<'_> {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn whole(&self) -> Option<u64> {
        match self {
            Self::Whole(number) => Some(*number),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKind(ScalarTaker))
    }
}

/// What is read into by its fields.
pub(super) trait Fields<'de>: Default {
    /// Takes the value of the field `name` from `map`, or passes it over with [`skip`].
    ///
    /// # Errors
    /// Those of the text; a value of the wrong kind is none.
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// An object as its fields, or anything else as nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Loose<T>(pub(super) Option<T>);

impl<'de, T: Fields<'de>> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKind(FieldsTaker(PhantomData)))
    }
}

/// What is read into item by item.
pub(super) trait Items<'de>: Default {
    /// What an item is read as.
    type Item: Deserialize<'de>;

    /// Takes the next item. Whoever has enough forgets it.
    fn push(&mut self, item: Self::Item);
}

/// A list as its items, or anything else as nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed<T>(pub(super) Option<T>);

impl<'de, T: Items<'de>> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKind(ItemsTaker(PhantomData)))
    }
}

/// Passes a value over.
///
/// # Errors
/// Those of the text.
pub(super) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<Scalar<'de>>().map(drop)
}

/// Reads a text whose outermost value is an object; none for anything else.
pub(super) fn object<'de, T: Fields<'de>>(text: &'de str) -> Option<T> {
    serde_json::from_str::<Loose<T>>(text).ok()?.0
}

/// What is made of a value of each kind; by default each is walked over and gives nothing.
pub(super) trait Taker<'de>: Sized {
    /// What comes of it.
    type Taken: Default;

    /// A text.
    fn text(self, _: Cow<'de, str>) -> Self::Taken {
        Self::Taken::default()
    }
    /// A whole number that is not negative.
    fn whole(self, _: u64) -> Self::Taken {
        Self::Taken::default()
    }
    /// A list.
    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Taken, A::Error> {
        while list.next_element::<Scalar<'de>>()?.is_some() {}
        Ok(Self::Taken::default())
    }
    /// An object.
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Taken, A::Error> {
        while map.next_entry::<Scalar<'de>, Scalar<'de>>()?.is_some() {}
        Ok(Self::Taken::default())
    }
}

struct ScalarTaker;

impl<'de> Taker<'de> for ScalarTaker {
    type Taken = Scalar<'de>;

    fn text(self, text: Cow<'de, str>) -> Scalar<'de> {
        Scalar::Text(text)
    }
    fn whole(self, number: u64) -> Scalar<'de> {
        Scalar::Whole(number)
    }
}

struct FieldsTaker<T>(PhantomData<T>);

impl<'de, T: Fields<'de>> Taker<'de> for FieldsTaker<T> {
    type Taken = Loose<T>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose<T>, A::Error> {
        let mut taken = T::default();
        while let Some(name) = map.next_key::<Scalar<'de>>()? {
            taken.take(name.text().unwrap_or_default(), &mut map)?;
        }
        Ok(Loose(Some(taken)))
    }
}

struct ItemsTaker<T>(PhantomData<T>);

impl<'de, T: Items<'de>> Taker<'de> for ItemsTaker<T> {
    type Taken = Listed<T>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Listed<T>, A::Error> {
        let mut taken = T::default();
        while let Some(item) = list.next_element()? {
            taken.push(item);
        }
        Ok(Listed(Some(taken)))
    }
}

/// Hands a value of any kind to a [`Taker`].
pub(super) struct AnyKind<T>(pub(super) T);

impl<'de, T: Taker<'de>> Visitor<'de> for AnyKind<T> {
    type Value = T::Taken;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<T::Taken, E> {
        Ok(T::Taken::default())
    }
    fn visit_i64<E>(self, number: i64) -> Result<T::Taken, E> {
        Ok(u64::try_from(number).map_or_else(|_| T::Taken::default(), |number| self.0.whole(number)))
    }
    fn visit_u64<E>(self, number: u64) -> Result<T::Taken, E> {
        Ok(self.0.whole(number))
    }
    fn visit_f64<E>(self, _: f64) -> Result<T::Taken, E> {
        Ok(T::Taken::default())
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<T::Taken, E> {
        Ok(self.0.text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<T::Taken, E> {
        Ok(self.0.text(Cow::Owned(text.to_owned())))
    }
    fn visit_string<E>(self, text: String) -> Result<T::Taken, E> {
        Ok(self.0.text(Cow::Owned(text)))
    }
    fn visit_unit<E>(self) -> Result<T::Taken, E> {
        Ok(T::Taken::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T::Taken, A::Error> {
        self.0.list(list)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T::Taken, A::Error> {
        self.0.object(map)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// Texts that are JSON, nearly JSON, or JSON with something in it that only careful readers refuse. `names` are the
    /// fields that the reader under test looks at.
    pub(in super::super) fn texts(names: &'static [&'static str]) -> impl Strategy<Value = String> {
        let odd = prop::sample::select(ODD.to_vec()).prop_map(str::to_owned);
        let leaf = prop_oneof![
            3 => odd,
            2 => any::<u64>().prop_map(|number| number.to_string()),
            // What is read twice must come out the same, so no number stands on the edge of what a machine holds.
            1 => (any::<i32>(), 0..1_000_u32).prop_map(|(whole, rest)| format!("{whole}.{rest}")),
            2 => "[a-z0-9.]{0,6}".prop_map(|text| format!("\"{text}\"")),
        ];
        leaf.prop_recursive(5, 40, 6, move |inner| {
            let field = (prop::sample::select(names.to_vec()), inner.clone());
            let object = prop::collection::vec(field, 0..6).prop_map(|fields| {
                let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
                format!("{{{}}}", fields.join(","))
            });
            let list = prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(" ,")));
            prop_oneof![4 => object, 1 => list]
        })
    }

    /// What a reader that skips carelessly would let through, and the forms in which numbers and texts come.
    const ODD: &[&str] = &[
        "null",
        "true",
        "1e999",
        "-1",
        "-0",
        "1.5",
        "18446744073709551615",
        "18446744073709551616",
        "9007199254740993",
        "\"\\ud800\"",
        "\"\\u0041\\n\"",
        "\"\"",
        "01",
        "\"\u{1}\"",
        "tru",
        "[",
        "{\"\":0}",
        "{\"a\" 1}",
        "\"22021\"",
    ];

    #[derive(Default)]
    struct Everything;

    impl<'de> Fields<'de> for Everything {
        fn take<A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
            skip(map)
        }
    }

    proptest! {
        #[test]
        fn what_is_walked_over_is_refused_where_a_tree_of_values_would_be(text in texts(&["a", "b"])) {
            prop_assert_eq!(
                serde_json::from_str::<Loose<Everything>>(&text).is_ok(),
                serde_json::from_str::<Value>(&text).is_ok(),
            );
        }
    }

    #[test]
    fn nesting_ends_where_it_always_did() {
        for levels in [127, 128, 129, 100_000] {
            let text = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            let read = serde_json::from_str::<Loose<Everything>>(&text);
            assert_eq!(read.is_ok(), serde_json::from_str::<Value>(&text).is_ok(), "{levels}");
        }
    }
}
